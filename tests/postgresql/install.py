"""Gets PostgreSQL and Redis for the tests, from Debian: as root, or where sudo needs no password.

Elsewhere the tests on them are skipped with that reason, unless they are there already or, for
PostgreSQL, ``KB_TEST_DATABASE_URL`` names a server.
"""

import os
import shutil
import subprocess
import sys

from tests.postgresql.server import find_programs


def main() -> int:
    here = os.environ.get("KB_TEST_DATABASE_URL") or find_programs()
    missing = [] if here else ["postgresql"]
    missing += [] if shutil.which("redis-server") else ["redis-server"]
    if not missing:
        return 0
    become = _become_root()
    if become is None or not shutil.which("apt-get"):
        print(f"Not here, and cannot be installed: {missing}. Tests on them are skipped.")
        return 0
    apt = [*become, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    install = [*apt, "install", "-y", "--no-install-recommends", *missing]
    for command in ([*apt, "update"], install):
        if subprocess.run(command, check=False).returncode:
            print(f"Could not be installed: {missing}. Tests on them are skipped.")
            break
    return 0


def _become_root() -> list[str] | None:
    """What comes before a command that needs root; None where one cannot become root."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    may = sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False)
    return [str(sudo), "-n"] if may and may.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main())
