"""What ./callwright promises, tried on a copy of it among tools of the tests' own that only write down their calls."""
from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

LAUNCHER = Path(__file__).resolve().parents[1] / "callwright"
# What the launcher may take for granted on any system; the rest is missing unless a test puts it there.
GIVEN = (
    "awk bash cat chmod cut dirname env find grep head id mkdir mktemp mv readlink rm sed sort tee touch tr uname"
).split()
NOBODY = 65534

PROGRAM = '#!/bin/bash\necho "callwright $*" >> "$CALLS"\nexit ${PROGRAM_CODE:-0}\n'
CARGO = r"""
case "$1" in
    --version) echo "cargo ${CARGO_IS:-1.95.0} (0000000 2026-01-01)" ;;
    build) [ -z "${BUILD_FAILS:-}" ] || exit 101
           mkdir -p "$CARGO_TARGET_DIR/release"
           cp_program "$CARGO_TARGET_DIR/release/callwright" ;;
    test) echo "test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured"
          echo "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured"
          exit 101 ;;
esac
"""


class Launched(unittest.TestCase):
    def setUp(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="callwright-launcher-"))
        self.addCleanup(shutil.rmtree, self.base, ignore_errors=True)
        self.base.chmod(0o755)
        self.house, self.tools, self.home = self.base / "house", self.base / "tools", self.base / "home"
        for folder in (self.house / "models", self.house / ".ci", self.tools, self.home):
            folder.mkdir(parents=True)
        shutil.copy(LAUNCHER, self.house / "callwright")
        shutil.copy(LAUNCHER.parent / ".ci" / "run", self.house / ".ci" / "run")
        (self.house / "Cargo.toml").write_text('[workspace.package]\nrust-version = "1.90"\n', encoding="utf-8")
        (self.house / "Cargo.lock").touch()
        (self.house / "models" / "install.py").touch()
        self.calls_file = self.base / "calls"
        self.calls_file.touch()
        self.calls_file.chmod(0o666)
        for name in GIVEN:
            found = shutil.which(name)
            if found:
                (self.tools / name).symlink_to(found)
        self.tool("cc", 'echo "/usr/lib/crt1.o"', quiet=True)
        for tool in ("c++", "cmake", "espeak-ng"):
            self.tool(tool, "exit 0", quiet=True)
        self.tool("ldconfig", 'echo "libflite.so.1 libflite_cmu_us_slt.so.1"', quiet=True)
        self.tool("python3", "exit ${MODELS_CODE:-0}")
        self.tool("apt-get", "exit 0")
        self.tool("cargo", CARGO)
        (self.base / "program").write_text(PROGRAM, encoding="utf-8")

    def tool(self, name: str, body: str, quiet: bool = False) -> None:
        path = self.tools / name
        path.unlink(missing_ok=True)
        copy = f'cp_program() {{ cat "{self.base}/program" > "$1"; chmod +x "$1"; }}\n'
        note = "" if quiet else f'echo "{name} $*" >> "$CALLS"\n'
        path.write_text(f"#!/bin/bash\n{note}{copy}{body}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)

    def launch(self, *arguments: str, user: int | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs the launcher, without a terminal, as `user` where given (which needs to be root)."""
        known = {
            "PATH": str(self.tools), "HOME": str(self.home), "CALLS": str(self.calls_file), "TMPDIR": str(self.base),
            "SSL_CERT_FILE": str(self.base / "program"), **environment,
        }
        self.calls_file.write_text("", encoding="utf-8")
        return subprocess.run(
            [str(self.house / "callwright"), *arguments], env=known, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
            preexec_fn=None if user is None else lambda: os.setuid(user),
        )

    def calls(self, tool: str) -> list[str]:
        return [line for line in self.calls_file.read_text(encoding="utf-8").splitlines() if line.split()[0] == tool]

    def test_up_sets_up_builds_and_serves_and_the_second_time_only_serves(self) -> None:
        ran = self.launch("up", "--port", "9")
        self.assertEqual(ran.returncode, 0, ran.stdout)
        self.assertEqual(self.calls("apt-get"), [])
        self.assertEqual(self.calls("cargo")[-1], "cargo build --release --locked -p callwright")
        self.assertEqual(self.calls("callwright"), ["callwright serve --port 9"])
        self.launch("up")
        self.assertEqual([call for call in self.calls("cargo") if "build" in call], [])
        self.assertEqual(self.calls("callwright"), ["callwright serve"])

    def test_anything_else_goes_to_the_program_with_its_arguments_and_exit_code(self) -> None:
        ran = self.launch("simulate", "two words", "--json", PROGRAM_CODE="7")
        self.assertEqual(ran.returncode, 7, ran.stdout)
        self.assertEqual(self.calls("callwright"), ["callwright simulate two words --json"])
        self.assertEqual(self.calls("python3"), [], "a command of the program sets nothing up")

    def test_a_changed_added_or_deleted_source_is_built_again(self) -> None:
        extra = self.house / "models" / "extra.rs"
        self.launch("doctor")
        built = self.house / "target" / "release" / ".callwright-built"
        for change in (extra.touch, extra.unlink, (self.house / "Cargo.lock").touch):
            # The build lies in the past, so that the change is newer whatever the file system's clock.
            past = built.stat().st_mtime - 60
            for path in (built, *self.house.glob("models"), *self.house.glob("models/*"), *self.house.glob("Cargo.*")):
                os.utime(path, (past, past))
            self.launch("doctor")
            self.assertEqual(self.calls("cargo"), [])
            change()
            self.launch("doctor")
            self.assertEqual(self.calls("cargo"), ["cargo build --release --locked -p callwright"])

    def test_a_failed_build_is_told_and_tried_again(self) -> None:
        ran = self.launch("doctor", BUILD_FAILS="1")
        self.assertEqual(ran.returncode, 1)
        self.assertIn("the build failed", ran.stdout)
        self.assertEqual(self.calls("callwright"), [])
        self.assertEqual(self.launch("doctor").returncode, 0)
        self.assertEqual(len(self.calls("cargo")), 1)

    def test_models_that_cannot_be_installed_stop_everything(self) -> None:
        ran = self.launch("up", MODELS_CODE="1")
        self.assertEqual(ran.returncode, 1, ran.stdout)
        self.assertEqual(self.calls("callwright"), [])

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_root_gets_what_is_missing_by_one_apt_get(self) -> None:
        self.tool("ldconfig", "", quiet=True)
        for tool in ("cc", "c++", "cmake"):
            (self.tools / tool).unlink()
        ran = self.launch("up")
        self.assertEqual(
            self.calls("apt-get"),
            ["apt-get update -q=2", "apt-get install -y -q --no-install-recommends cmake g++ gcc libc6-dev libflite1"],
            ran.stdout,
        )

    def test_a_program_that_cannot_be_built_says_what_sets_it_up(self) -> None:
        for tool in ("cmake", "c++", "cc"):
            (self.tools / tool).unlink()
            ran = self.launch("doctor")
            self.assertEqual(ran.returncode, 1, ran.stdout)
            self.assertIn("Run: ./callwright up", ran.stdout)
            self.assertEqual(self.calls("cargo"), [])

    def test_a_user_without_sudo_is_given_the_line_to_run(self) -> None:
        self.tool("ldconfig", "", quiet=True)
        for sudo in (False, True):
            if sudo:
                self.tool("sudo", "exit 1")
            ran = self.launch("up", user=NOBODY if os.geteuid() == 0 else None)
            self.assertEqual(ran.returncode, 1)
            self.assertIn("apt-get install -y --no-install-recommends libflite1\n", ran.stdout)
            self.assertEqual("sudo apt-get update" in ran.stdout, sudo)
            self.assertEqual(self.calls("apt-get"), [])

    def test_a_user_with_free_sudo_installs_through_it(self) -> None:
        self.tool("ldconfig", "", quiet=True)
        self.tool("sudo", "exit 0")
        self.launch("up", user=NOBODY if os.geteuid() == 0 else None)
        self.assertEqual(self.calls("apt-get"), [], "never past sudo")
        self.assertIn("apt-get install -y -q --no-install-recommends libflite1", self.calls("sudo")[-1])

    def test_a_system_without_apt_is_told_what_to_install(self) -> None:
        self.tool("ldconfig", "", quiet=True)
        (self.tools / "apt-get").unlink()
        ran = self.launch("up")
        self.assertEqual(ran.returncode, 1)
        self.assertIn("libflite1", ran.stdout)
        self.assertIn("docs/install.md", ran.stdout)

    def test_missing_rust_is_explained_and_installed_only_when_told_to(self) -> None:
        (self.tools / "cargo").rename(self.base / "cargo")
        self.tool("curl", f'echo "mv {self.base}/cargo {self.tools}/cargo"')
        ran = self.launch("up")
        self.assertEqual(ran.returncode, 1)
        self.assertIn("https://sh.rustup.rs", ran.stdout)
        self.assertEqual(self.calls("curl"), [])
        self.tool("sh", 'exec bash "$@"', quiet=True)
        ran = self.launch("up", "--yes")
        self.assertEqual(ran.returncode, 0, ran.stdout)
        self.assertEqual(len(self.calls("curl")), 1)

    def test_an_old_rust_is_named_with_what_is_needed(self) -> None:
        for old in ("1.63.0", "1.9.0"):
            ran = self.launch("up", CARGO_IS=old)
            self.assertEqual(ran.returncode, 1)
            self.assertIn(f"cargo {old} is too old; 1.90 or newer is needed", ran.stdout)
        self.assertEqual(self.launch("up", CARGO_IS="1.100.0").returncode, 0)

    def test_the_summary_counts_every_part_and_one_failure_fails_the_run(self) -> None:
        ran = self.launch("test", "fmt", "rust", "calls")
        self.assertEqual(ran.returncode, 1, ran.stdout)
        self.assertRegex(ran.stdout, r"(?m)^fmt +passed")
        self.assertRegex(ran.stdout, r"(?m)^rust +FAILED +\d+ s  7 passed, 2 failed, 1 ignored$")
        self.assertIn("1 parts passed, 2 failed", ran.stdout)
        self.assertIn("cargo test --locked --no-fail-fast -p callwright-calls -- --show-output", self.calls("cargo"))

    def test_a_part_that_does_not_exist_is_refused_before_any_work(self) -> None:
        ran = self.launch("test", "fnt")
        self.assertEqual(ran.returncode, 1)
        self.assertIn("there is no part 'fnt'", ran.stdout)
        self.assertEqual(self.calls("cargo"), [])

    def test_help_names_the_launchers_commands_without_building(self) -> None:
        ran = self.launch("--help")
        self.assertEqual(ran.returncode, 0)
        for command in ("up", "test", "audit"):
            self.assertIn(f"\n  {command} ", ran.stdout)
        self.assertEqual(self.calls("cargo"), [])


if __name__ == "__main__":
    unittest.main()
