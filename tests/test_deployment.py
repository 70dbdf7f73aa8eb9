"""What is deployed: the image, the services around it, the scripts they run."""

import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
SECRETS = {"NEO4J_PASSWORD": "a-password", "ALLIANCE_OIDC_ISSUER": "https://issuer.example"}


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, object]]:
    read = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, object]] = read["services"]
    return found


def test_only_the_api_is_published_and_only_on_loopback(
    services: dict[str, dict[str, object]],
) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert list(published) == ["api"]
    assert all(str(port).startswith("127.0.0.1:") for port in list(published["api"]))  # type: ignore[call-overload]
    assert services["neo4j"]["networks"] == ["store"]
    read = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert read["networks"]["store"] == {"internal": True}


def test_our_containers_run_on_a_read_only_root_without_privileges(
    services: dict[str, dict[str, object]],
) -> None:
    for name in ("api", "backup"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["security_opt"] == ["no-new-privileges:true"]
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    user = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert user == ["alliance"]


def test_every_service_says_how_it_is_known_to_be_well(
    services: dict[str, dict[str, object]],
) -> None:
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "HEALTHCHECK" in image  # the API's
    assert "test" in services["neo4j"]["healthcheck"]  # type: ignore[operator]
    for name in ("api", "backup"):
        assert services[name]["depends_on"] == {"neo4j": {"condition": "service_healthy"}}


def test_the_image_copies_what_is_there_and_the_ignore_file_lets_it_in() -> None:
    let_in = {
        line[1:].rstrip("/")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines():
        if not line.startswith("COPY ") or "--from=" in line:
            continue
        for path in line.split()[1:-1]:
            assert (ROOT / path).exists(), path
            assert path in let_in, path


def composer() -> list[str] | None:
    """Command that reads compose files, where one is installed."""
    if shutil.which("docker"):
        asked = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


def test_the_compose_file_asks_for_every_secret() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert all(f"${{{name}:?" in text for name in SECRETS)


def test_compose_reads_the_file_where_it_is_installed() -> None:
    command = composer()
    if command is None:
        pytest.skip("docker compose is not installed here; the other checks read the same file")
    for missing in (None, *SECRETS):
        env = {k: v for k, v in (os.environ | SECRETS).items() if k != missing}
        asked = subprocess.run(
            [*command, "--file", str(ROOT / "docker-compose.yml"), "config"],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        if missing is None:
            assert asked.returncode == 0, asked.stderr
        else:
            assert asked.returncode != 0
            assert missing in asked.stderr


def test_a_backup_is_whole_and_the_oldest_go(tmp_path: Path) -> None:
    home = tmp_path / "home"
    folder = tmp_path / "backups"
    folder.mkdir()
    for old in ("2026-01-01T020000Z", "2026-01-02T020000Z", "2026-01-03T020000Z.part"):
        (folder / old).mkdir()
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "ALLIANCE_HOME": str(home),
        "ALLIANCE_BACKUPS": str(folder),
        "ALLIANCE_BACKUP_KEEP": "2",
    }
    register = ROOT / "districts/huangpu/demo/01-register"
    subprocess.run(["alliance", "ingest", str(register)], env=env, check=True, capture_output=True)
    subprocess.run(["sh", str(ROOT / "deploy/backup.sh"), "once"], env=env, check=True)
    kept = sorted(path.name for path in folder.iterdir())
    assert len(kept) == 2
    assert kept[0] == "2026-01-02T020000Z"
    restored = subprocess.run(
        ["alliance", "restore", str(folder / kept[1]), "--home", str(tmp_path / "again")],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "restored, store hash" in restored.stdout


def test_a_backup_that_fails_leaves_the_others_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    (folder / "2026-01-01T020000Z").mkdir(parents=True)
    false = tmp_path / "alliance"
    false.write_text("#!/bin/sh\nexit 6\n", encoding="utf-8")
    false.chmod(0o755)
    env = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "ALLIANCE_BACKUPS": str(folder)}
    ran = subprocess.run(
        ["sh", str(ROOT / "deploy/backup.sh"), "once"], env=env, check=False, capture_output=True
    )
    assert ran.returncode != 0
    assert [path.name for path in folder.iterdir()] == ["2026-01-01T020000Z"]


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_tells_well_from_not(status: int, code: int) -> None:
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/healthz"
        ran = subprocess.run(
            [sys.executable, str(ROOT / "deploy/check.py"), address],
            check=False,
            capture_output=True,
        )
        server.shutdown()
    assert ran.returncode == code
