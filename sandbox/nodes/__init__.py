"""The instances of emulated node groups, as the nodes of a real Kubernetes control plane.

`instances` keeps them in the inventory, `placement` decides what a group should have, `manifest` says what an
instance's Node looks like, `drain` empties one, and `agent` does all of it, again and again. `outages` is what goes
wrong. Only the agent talks to the control plane; everybody else tells it what to do through the inventory.
"""
