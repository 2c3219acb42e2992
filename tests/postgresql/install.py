"""Gets PostgreSQL for the tests, from Debian: as root, or where sudo asks for no password.

Elsewhere the tests on PostgreSQL are skipped with that reason, unless one is there already or
``KB_TEST_DATABASE_URL`` names a server.
"""

import os
import shutil
import subprocess
import sys

from tests.postgresql.server import find_programs


def main() -> int:
    if os.environ.get("KB_TEST_DATABASE_URL") or find_programs():
        return 0
    become = _become_root()
    if become is None or not shutil.which("apt-get"):
        print("No PostgreSQL here, and it cannot be installed: those tests are skipped.")
        return 0
    apt = [*become, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    install = [*apt, "install", "-y", "--no-install-recommends", "postgresql"]
    for command in ([*apt, "update"], install):
        if subprocess.run(command, check=False).returncode:
            print("PostgreSQL could not be installed: the tests on it are skipped.")
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
