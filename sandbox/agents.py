"""The process of everything that on EKS is AWS's doing inside a cluster, one thread for each agent.

`python -m sandbox.agents` is started by a control plane's supervisor and ends with it.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from sandbox.control_plane.layout import Directory
from sandbox.inventory import Inventory
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kwok.agent import KwokAgent
from sandbox.nodes.agent import NodeAgent
from sandbox.nodes.timing import scaled
from sandbox.registrar.registrar import Registrar

# Seconds that an agent gets to end its round.
_END_LIMIT = 2.0


class Agent(Protocol):
    """Something that AWS does in a cluster."""

    def run(self, stop: threading.Event) -> None:
        """Do it until `stop` is set."""
        ...


def main(words: Sequence[str]) -> int:
    """Run the agents until they are told to stop, or one of them fails."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.agents")
    parser.add_argument("--account", type=Path, required=True)
    parser.add_argument("--control-plane", type=Path, required=True)
    parser.add_argument("--time-scale", type=float, required=True)
    options = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    directory = Directory(options.control_plane)
    api = ApiServer.of_kubeconfig(directory.admin_kubeconfig)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    failed: list[BaseException] = []

    def guard(agent: Agent) -> None:
        try:
            agent.run(stop)
        except Exception as error:  # an agent that is gone must not go unnoticed
            logging.getLogger("sandbox.agents").exception("%s failed", type(agent).__name__)
            failed.append(error)
        finally:
            stop.set()

    agents: tuple[Agent, ...] = (
        KwokAgent(api, directory.model),
        # A connection to the inventory each: they are threads.
        NodeAgent(api, Inventory(options.account), api.endpoint, scaled(options.time_scale)),
        Registrar(api, Inventory(options.account), api.endpoint, options.time_scale),
    )
    threads = [threading.Thread(target=guard, args=(agent,), daemon=True) for agent in agents]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(_END_LIMIT)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
