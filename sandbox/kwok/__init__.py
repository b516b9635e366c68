"""The kubelets of the local control plane: kwok, and the model of services that tells it how pods behave."""
