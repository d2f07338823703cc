"""Makes what is missing, then runs one of the project's commands: demo, test, bench, bundle or lint.

Standard library only, so that it runs on a fresh machine: `python3 run.py test` (Windows: `py run.py test`).
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
STAMP = VENV / "installed-for"

# What Qt loads at run time on Debian and Ubuntu: a library that shows whether the package is there, and its name.
SYSTEM_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libbrotlidec.so.1": "libbrotli1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
TEST_PROGRAMS = {"Xvfb": "xvfb", "xauth": "xauth"}


def main(arguments: list[str]) -> int:
    commands = {"demo": demo, "test": test, "bench": bench, "bundle": bundle, "lint": lint, "setup": lambda _: 0}
    if not arguments or arguments[0] not in commands:
        print(f"usage: run.py ({'|'.join(commands)}) [arguments]", file=sys.stderr)
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036 - this file itself meets older ones
        return _with_newer_python(arguments)
    need_system_packages(with_tests=arguments[0] in ("test", "bench"))
    make_environment(extras=("dev", "bundle") if arguments[0] == "bundle" else ("dev",))
    return commands[arguments[0]](arguments[1:])


def demo(arguments: list[str]) -> int:
    """The practice city and the window; without a display the same job off-screen, with pictures in demo-out/."""
    has_display = (
        WINDOWS or sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    command = [str(PYTHON), "-m", "kkassist", "demo", *arguments]
    if not has_display and "--tour" not in arguments:
        print("No display here: walking the demo off-screen into demo-out/.", file=sys.stderr)
        command += ["--tour", str(ROOT / "demo-out")]
    return subprocess.call(command, cwd=ROOT)


def test(arguments: list[str]) -> int:
    """Style, types, the rooms' directions and every test, in a real window on a virtual screen."""
    failed = lint([])
    screen = [] if WINDOWS else ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24"]
    workers = ["-n", str(min(4, os.cpu_count() or 1))] if not arguments else []
    tests = subprocess.call([*screen, str(PYTHON), "-m", "pytest", *workers, *arguments], cwd=ROOT)
    return tests or failed


def lint(_: list[str]) -> int:
    checks = (
        ["-m", "ruff", "check", "."],
        ["-m", "ruff", "format", "--check", "."],
        ["-m", "mypy"],
        ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
    )
    return max(subprocess.call([str(PYTHON), *check], cwd=ROOT) for check in checks)


def bench(arguments: list[str]) -> int:
    """The speed of the paths that people wait for."""
    return subprocess.call([str(PYTHON), "-m", "tests.bench", *arguments], cwd=ROOT)


def bundle(arguments: list[str]) -> int:
    """A folder with the program and all it needs, in dist/kkassist."""
    command = [str(PYTHON), "-m", "PyInstaller", "--noconfirm", "--clean", "build.spec", *arguments]
    return subprocess.call(command, cwd=ROOT)


def need_system_packages(*, with_tests: bool) -> None:
    """Install what Qt needs where we may; otherwise say in one sentence what to install."""
    if not sys.platform.startswith("linux"):
        return
    missing = [package for library, package in SYSTEM_LIBRARIES.items() if not _loads(library)]
    if with_tests:
        missing += [package for program, package in TEST_PROGRAMS.items() if not shutil.which(program)]
    if missing:
        _install_packages(missing)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _install_packages(packages: list[str]) -> None:
    wanted = " ".join(packages)
    if shutil.which("apt-get") and os.geteuid() == 0:
        print(f"Installing: {wanted}", file=sys.stderr)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.call(["apt-get", "update", "-qq"], env=environment, stdout=sys.stderr)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        if subprocess.call(command, env=environment, stdout=sys.stderr) == 0:
            return
    sys.exit(f"Some system packages are missing. Install them and try again: sudo apt-get install {wanted}")


def make_environment(*, extras: tuple[str, ...]) -> None:
    """The virtual environment with everything pinned; nothing is done when it is up to date."""
    wanted = hashlib.sha256(
        b"".join((ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    ).hexdigest()
    made_for, *there = STAMP.read_text().split() if PYTHON.exists() and STAMP.exists() else [""]
    if made_for == wanted and set(extras) <= set(there):
        return
    if not PYTHON.exists():
        _make_venv()
    extras = tuple(sorted({*extras, *there}))
    target = f".[{','.join(extras)}]"
    command = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    if subprocess.call([*command, "-c", "constraints.txt", "-e", target], cwd=ROOT, stdout=sys.stderr) != 0:
        sys.exit("The packages could not be installed. Check the connection to the package index and try again.")
    STAMP.write_text(" ".join((wanted, *extras)))


def _make_venv() -> None:
    print("Making the environment in .venv …", file=sys.stderr)
    if subprocess.call([sys.executable, "-m", "venv", str(VENV)], stdout=sys.stderr) == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    _install_packages([f"python{sys.version_info.major}.{sys.version_info.minor}-venv"])
    if subprocess.call([sys.executable, "-m", "venv", str(VENV)], stdout=sys.stderr) != 0:
        sys.exit("The Python environment could not be made. Install the package python3-venv and try again.")


def _with_newer_python(arguments: list[str]) -> int:
    for name in ("python3.13", "python3.12", "python3.11"):
        newer = shutil.which(name)
        if newer:
            return subprocess.call([newer, str(Path(__file__).resolve()), *arguments])
    print("Python 3.11 or newer is needed.", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
