"""The process of everything that on EKS is AWS's doing inside a cluster, one thread for each agent.

`python -m sandbox.agents` is started by a control plane's supervisor and ends with it.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox.control_plane.layout import Directory
from sandbox.inventory import Inventory
from sandbox.kubernetes.api_server import ApiServer


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
        signal.signal(number, lambda *_: stop.set())
    failed: list[BaseException] = []

    def guard(agent: Any) -> None:
        try:
            agent.run(stop)
        except Exception as error:  # an agent that is gone must not go unnoticed
            logging.getLogger("sandbox.agents").exception("%s failed", type(agent).__name__)
            failed.append(error)
        finally:
            stop.set()

    agents: list[Any] = []
    for module, name in (
        ("sandbox.kwok.agent", "KwokAgent"),
        ("sandbox.nodes.agent", "NodeAgent"),
        ("sandbox.registrar.registrar", "Registrar"),
    ):
        try:
            cls = getattr(importlib.import_module(module), name)
        except ModuleNotFoundError as error:
            logging.warning("no %s yet: %s", name, error)
            continue
        inventory = Inventory(options.account)
        agents.append(cls(api, directory.model) if name == "KwokAgent" else cls(api, inventory, api.endpoint))
    threads = [threading.Thread(target=guard, args=(agent,), daemon=True) for agent in agents]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(2)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
