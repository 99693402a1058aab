"""What install.py promises, tried with real pip on wheels that the tests make themselves. No network."""
from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
import install  # noqa: E402

INSTALLER = Path(install.__file__)
ENCODER = b"encoder " * 4000
TOKENS = b"tokens " * 900
MEMBERS = {"toy/encoder.onnx": ENCODER, "toy/tokens.bin": TOKENS}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Bench(unittest.TestCase):
    """A folder with a wheel shelf, a catalog and a models folder of the test's own."""

    def setUp(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="callwright-install-"))
        self.addCleanup(shutil.rmtree, self.base, ignore_errors=True)
        self.shelf = self.base / "shelf"
        self.shelf.mkdir()
        self.root = self.base / "cache" / "models"
        self.catalog = self.base / "catalog.json"
        self.wheel = self.make_wheel(MEMBERS)
        self.write_catalog(self.describe())

    def make_wheel(self, members: dict[str, bytes], name: str = "toy") -> Path:
        path = self.shelf / f"{name}-1.0-py3-none-any.whl"
        info = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
            for member, content in members.items():
                wheel.writestr(member, content)
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
        return path

    def describe(self) -> dict[str, Any]:
        """The catalog of the shelf's wheel as it is now."""
        files = [
            {"member": member, "path": "toy-model/" + member.split("/")[-1], "size": len(content),
             "sha256": sha256(content)}
            for member, content in MEMBERS.items()
        ]
        content = self.wheel.read_bytes()
        wheel = {"platform": "any", "file": self.wheel.name, "size": len(content), "sha256": sha256(content)}
        return {
            "format": 1,
            "packages": [{"name": "toy", "version": "1.0", "source": "test", "wheels": [wheel]}],
            "artefacts": [{"name": "toy-model", "task": "test", "package": "toy", "files": files}],
        }

    def write_catalog(self, catalog: dict[str, Any]) -> None:
        self.catalog.write_text(json.dumps(catalog), encoding="utf-8")

    def fake_pip(self, body: str) -> Path:
        """A folder for PYTHONPATH whose `pip` is `body` in the real one's place."""
        package = self.base / "fake" / "pip"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("", encoding="utf-8")
        (package / "__main__.py").write_text(body, encoding="utf-8")
        return package.parent

    def start(self, *arguments: str, path: Path | None = None) -> subprocess.Popen[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
        environment.update(PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(self.shelf))
        if path is not None:
            environment["PYTHONPATH"] = str(path)
        command = [sys.executable, "-B", str(INSTALLER), "--into", str(self.root), "--catalog", str(self.catalog)]
        return subprocess.Popen(
            [*command, *arguments], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )

    def run_installer(self, *arguments: str, path: Path | None = None) -> tuple[int, str]:
        process = self.start(*arguments, path=path)
        output, _ = process.communicate()
        return process.returncode, output

    def installed(self) -> dict[str, bytes]:
        """Every file below the models folder that is not the installer's own record or lock."""
        found = {}
        for path in sorted(self.root.rglob("*")) if self.root.exists() else []:
            if path.is_file() and not path.name.startswith("."):
                found[str(path.relative_to(self.root))] = path.read_bytes()
        return found

    def assert_all_installed(self) -> None:
        self.assertEqual(self.installed(), {"toy-model/encoder.onnx": ENCODER, "toy-model/tokens.bin": TOKENS})
        self.assertFalse((self.root / install.PARTIAL).exists())

    def assert_refused(self, *said: str) -> None:
        code, output = self.run_installer()
        self.assertEqual(code, 1, output)
        for text in said:
            self.assertIn(text, output)
        self.assertNotIn("Traceback", output)
        self.assertEqual(self.installed(), {})
        self.assertFalse((self.root / install.PARTIAL).exists())


class Installing(Bench):
    def test_every_file_is_installed_under_its_name_and_nothing_else_is_left(self) -> None:
        code, output = self.run_installer()
        self.assertEqual(code, 0, output)
        self.assert_all_installed()
        self.assertIn("fetching toy 1.0", output)
        self.assertNotIn("\r", output, "no progress bar where there is no terminal")

    def test_a_second_run_does_no_work_and_needs_no_pip(self) -> None:
        self.assertEqual(self.run_installer()[0], 0)
        before = {path: path.stat().st_mtime_ns for path in self.root.rglob("*")}
        shutil.rmtree(self.shelf)
        code, output = self.run_installer(path=self.fake_pip("import sys; sys.exit('pip was called')"))
        self.assertEqual(code, 0, output)
        self.assertNotIn("fetching", output)
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.root.rglob("*")}, before)

    def test_two_at_once_share_the_work_and_both_succeed(self) -> None:
        both = [self.start(), self.start()]
        ends = [process.communicate()[0] for process in both]
        self.assertEqual([process.returncode for process in both], [0, 0], ends)
        self.assert_all_installed()
        self.assertEqual("".join(ends).count("fetching toy 1.0"), 1)

    def test_only_the_damaged_file_is_replaced(self) -> None:
        self.assertEqual(self.run_installer()[0], 0)
        good = self.root / "toy-model" / "encoder.onnx"
        before = good.stat()
        (self.root / "toy-model" / "tokens.bin").write_bytes(TOKENS[:-1] + b"x")
        code, output = self.run_installer()
        self.assertEqual(code, 0, output)
        self.assertIn("toy-model/tokens.bin is damaged", output)
        self.assert_all_installed()
        self.assertEqual((good.stat().st_ino, good.stat().st_mtime_ns), (before.st_ino, before.st_mtime_ns))

    def test_verify_finds_damage_that_kept_size_and_time(self) -> None:
        self.assertEqual(self.run_installer()[0], 0)
        victim = self.root / "toy-model" / "tokens.bin"
        times = victim.stat()
        victim.write_bytes(b"x" + TOKENS[1:])
        os.utime(victim, ns=(times.st_atime_ns, times.st_mtime_ns))
        code, output = self.run_installer("--verify")
        self.assertEqual(code, 0, output)
        self.assert_all_installed()

    def test_check_tells_and_changes_nothing(self) -> None:
        self.assertEqual(self.run_installer("--check")[0], 3)
        self.assertFalse(self.root.exists())
        self.assertEqual(self.run_installer()[0], 0)
        self.assertEqual(self.run_installer("--check")[0], 0)


class Refusing(Bench):
    def test_another_wheel_than_the_pinned_one(self) -> None:
        pinned = sha256(self.wheel.read_bytes())
        self.make_wheel({**MEMBERS, "toy/extra": b"!"})
        self.assert_refused("toy 1.0", pinned, sha256(self.wheel.read_bytes()), "Run this again")

    def test_a_truncated_wheel_and_then_the_whole_one(self) -> None:
        whole = self.wheel.read_bytes()
        self.wheel.write_bytes(whole[: len(whole) // 2])
        self.assert_refused("expected SHA-256 " + sha256(whole))
        self.wheel.write_bytes(whole)
        self.assertEqual(self.run_installer()[0], 0)
        self.assert_all_installed()

    def test_a_member_with_another_hash_keeps_its_good_neighbour_out_too(self) -> None:
        catalog = self.describe()
        catalog["artefacts"][0]["files"][1]["sha256"] = sha256(b"other")
        self.write_catalog(catalog)
        self.assert_refused("toy/tokens.bin", sha256(b"other"), sha256(TOKENS))

    def test_a_member_larger_than_the_catalog_says_is_not_unpacked_whole(self) -> None:
        self.wheel = self.make_wheel({**MEMBERS, "toy/tokens.bin": b"\0" * 50_000_000})
        self.write_catalog(self.describe())
        self.assert_refused("toy/tokens.bin", sha256(b"\0" * (len(TOKENS) + 1)))

    def test_a_member_that_is_not_there(self) -> None:
        catalog = self.describe()
        catalog["artefacts"][0]["files"][1]["member"] = "toy/absent.bin"
        self.write_catalog(catalog)
        self.assert_refused("toy-1.0-py3-none-any.whl is not the wheel that the catalog describes")

    def test_names_inside_a_wheel_never_decide_where_a_file_lands(self) -> None:
        self.wheel = self.make_wheel({**MEMBERS, "../../escaped": b"!", "/tmp/escaped": b"!"})
        self.write_catalog(self.describe())
        self.assertEqual(self.run_installer()[0], 0)
        self.assert_all_installed()
        self.assertEqual(list(self.base.rglob("escaped")), [])

    def test_a_catalog_that_points_outside_the_folder(self) -> None:
        for path in ("../outside.bin", "/outside.bin", "toy/../../outside.bin", ".lock", ""):
            with self.subTest(path=path):
                catalog = self.describe()
                catalog["artefacts"][0]["files"][1]["path"] = path
                self.write_catalog(catalog)
                self.assert_refused("outside the models folder")

    def test_a_processor_without_a_build(self) -> None:
        catalog = self.describe()
        catalog["packages"][0]["wheels"][0]["machine"] = "sparc64"
        self.write_catalog(catalog)
        self.assert_refused("toy 1.0 has no build for this processor")

    def test_a_package_that_no_index_has(self) -> None:
        self.wheel.unlink()
        self.assert_refused("pip could not fetch toy 1.0", "PIP_FIND_LINKS")

    def test_a_folder_that_cannot_be_made(self) -> None:
        self.root = self.base / "a-file" / "models"
        (self.base / "a-file").write_text("in the way", encoding="utf-8")
        self.assert_refused(str(self.base / "a-file"), "set CALLWRIGHT_MODELS to a folder that you may write")

    def test_a_disk_that_is_too_small_is_told_before_anything_is_fetched(self) -> None:
        items = install.read_catalog(self.catalog, "x86_64")
        usage = mock.Mock(free=1_000_000)
        with mock.patch("shutil.disk_usage", return_value=usage), self.assertRaises(install.InstallError) as refused:
            install.install(items, self.root)
        self.assertIn("the disk is full", str(refused.exception))
        self.assertIn("1.0 MB free", str(refused.exception))
        self.assertEqual(self.installed(), {})

    def test_a_disk_that_fills_up_under_pip(self) -> None:
        fake = self.fake_pip("import sys; sys.exit('OSError: [Errno 28] No space left on device')")
        code, output = self.run_installer(path=fake)
        self.assertEqual(code, 1)
        self.assertIn("the disk is full: toy 1.0 does not fit", output)

    def test_a_python_without_pip(self) -> None:
        wheel = install.read_catalog(self.catalog, "x86_64")[0].wheel
        said = install.explain_pip(wheel, "/usr/bin/python3: No module named pip")
        self.assertIn("apt-get install python3-pip", said)


class Interrupted(Bench):
    # A pip that leaves half a wheel in both places where pip writes; what happens next is each test's.
    HALF = """
import os, pathlib, signal, sys
half = pathlib.Path({wheel!r}).read_bytes()[:200]
(pathlib.Path(os.environ["TMPDIR"]) / "toy.whl").write_bytes(half)
got = pathlib.Path(sys.argv[sys.argv.index("--dest") + 1])
got.mkdir()
(got / "toy-1.0-py3-none-any.whl").write_bytes(half)
{then}
"""

    def half_pip(self, then: str) -> Path:
        return self.fake_pip(self.HALF.format(wheel=str(self.wheel), then=then))

    def test_a_killed_download_is_redone_and_never_used(self) -> None:
        fake = self.half_pip("os.kill(os.getppid(), signal.SIGKILL)")
        self.assertLess(self.run_installer(path=fake)[0], 0, "killed by a signal")
        self.assertTrue((self.root / install.PARTIAL).exists(), "the half download lies there")
        self.assertEqual([name for name in self.installed() if not name.startswith(install.PARTIAL)], [])
        code, output = self.run_installer()
        self.assertEqual(code, 0, output)
        self.assert_all_installed()

    def test_a_half_wheel_that_pip_calls_whole_is_refused(self) -> None:
        code, output = self.run_installer(path=self.half_pip("sys.exit(0)"))
        self.assertEqual(code, 1, output)
        self.assertIn(sha256(self.wheel.read_bytes()), output)
        self.assertEqual(self.installed(), {})


class Catalog(unittest.TestCase):
    def test_the_catalog_of_this_repository_serves_both_processors(self) -> None:
        for machine in ("x86_64", "aarch64"):
            with self.subTest(machine=machine):
                items = install.read_catalog(install.CATALOG, machine)
                paths = [file.path for item in items for file in item.files]
                self.assertEqual(len(paths), len(set(paths)), "two files want one name")
                self.assertIn("onnxruntime/libonnxruntime.so", map(str, paths))

    def test_every_artefact_says_its_licence_and_installs_its_text(self) -> None:
        catalog = json.loads(install.CATALOG.read_text(encoding="utf-8"))
        licensed = set()
        for artefact in catalog["artefacts"]:
            self.assertIn(artefact["licence"], {"MIT", "BSD-2-Clause"})
            if any(file["path"].startswith("licences/") for file in artefact["files"]):
                licensed.add(artefact["package"])
        self.assertEqual(licensed, {artefact["package"] for artefact in catalog["artefacts"]})


if __name__ == "__main__":
    unittest.main()
