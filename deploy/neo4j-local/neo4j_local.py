"""A real Neo4j Community server on this machine's loopback, from Maven artifacts; for tests.

    python neo4j_local.py fetch                    # once: Maven copies some 120 MB into lib/VERSION
    python neo4j_local.py start [--port 7687]      # until Ctrl-C; the password is printed
    python neo4j_local.py check                    # says what is missing; 0 when nothing is
    python neo4j_local.py admin database import …  # as neo4j-admin, on the stopped server

`NEO4J_VERSION` chooses the version; the one in pom.xml is the default. 5.26 runs on Java 17 or 21,
2026.04.0 on Java 21 or 25. Java is looked for in `JAVA_HOME`, in the usual folder for Java, and on
the path.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from neo4j import GraphDatabase
from neo4j.exceptions import AuthError, DriverError, Neo4jError

HERE = Path(__file__).resolve().parent
JAVA_FOLDER = Path("/usr/lib/jvm")
START_SECONDS = 120
STOP_SECONDS = 60
PASSWORD = "local-and-throw-away"  # noqa: S105 (of a server that holds nothing of anybody)

MAIN_CLASSES = {
    "5": "org.neo4j.server.CommunityEntryPoint",
    "2": "org.neo4j.server.Neo4jCommunity",
}
"""What starts a server, by the first digit of its version (5.26, 2026.04)."""

OPENED = (
    *("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch"),
    "java.base/java.util.concurrent",
)
"""Packages of Java that the server reaches into."""


class NotPossible(Exception):
    """What this machine lacks, and how to get it."""


def version_wanted() -> str:
    """Version of the server: of `NEO4J_VERSION`, else of pom.xml."""
    name = "{http://maven.apache.org/POM/4.0.0}neo4j.version"
    pinned = ElementTree.parse(HERE / "pom.xml").find(f".//{name}")  # noqa: S314 (our own file)
    if pinned is None or not pinned.text:
        raise NotPossible("pom.xml names no neo4j.version")
    return os.environ.get("NEO4J_VERSION") or pinned.text


def java_for(version: str) -> tuple[str, int]:
    """A Java that this server runs on, and its major version; raises NotPossible."""
    suitable = (17, 21) if version.startswith("5.") else (21, 25)
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    homes += sorted(JAVA_FOLDER.glob("*")) if JAVA_FOLDER.is_dir() else []
    found = [str(home / "bin" / "java") for home in homes]
    found += [on_path] if (on_path := shutil.which("java")) else []
    for java in found:
        if Path(java).is_file() and (major := _java_major(java)) in suitable:
            return java, major
    wanted = " or ".join(map(str, suitable))
    raise NotPossible(f"Neo4j {version} needs Java {wanted} (Debian: openjdk-17-jre-headless)")


def fetched(version: str) -> Path:
    """Folder of the server's jars, copied by Maven when they are not there; raises NotPossible."""
    lib = HERE / "lib" / version
    if lib.is_dir():
        return lib
    maven = shutil.which("mvn")
    if maven is None:
        raise NotPossible(f"Maven (mvn) is needed to fetch Neo4j {version} (Debian: maven)")
    aside = lib.with_name(f".{version}-{os.getpid()}")
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
    asked = [maven, "-B", "-q", f"-Dneo4j.version={version}", *goal, f"-DoutputDirectory={aside}"]
    done = subprocess.run(asked, cwd=HERE, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        shutil.rmtree(aside, ignore_errors=True)
        said = re.sub(r"\x1b\[[0-9;]*m|\[ERROR\]", "", done.stdout + done.stderr).split("\n")
        first = next((line.strip() for line in said if line.strip()), "it said nothing")
        raise NotPossible(f"Maven could not fetch Neo4j {version}: {first[:300]}")
    try:
        aside.rename(lib)
    except OSError:  # another process was faster
        shutil.rmtree(aside)
    return lib


@dataclass
class LocalServer:
    """One server on 127.0.0.1.

    Parameters
    ----------
    home : pathlib.Path
        Folder of its data and logs; kept when it stops.
    port : int
        Port of Bolt; nothing else is opened.
    settings : dict
        More lines for `neo4j.conf`.
    flags : sequence of str
        More words for Java.
    """

    home: Path
    port: int
    heap: str = "512m"
    password: str = PASSWORD
    settings: Mapping[str, str] = field(default_factory=dict)
    flags: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        """Address for a driver."""
        return f"bolt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, wait for the first answer, and set the password; raises NotPossible."""
        version = version_wanted()
        java, major = java_for(version)
        lib = fetched(version)
        self._configure()
        flags = [f"-Xms{self.heap}", f"-Xmx{self.heap}", "-XX:+UseSerialGC"]
        flags += ["-Djava.awt.headless=true", "-Dfile.encoding=UTF-8", "-Dlog4j2.disable.jmx=true"]
        flags += [f"--add-opens={package}=ALL-UNNAMED" for package in OPENED]
        flags += ["--enable-native-access=ALL-UNNAMED"]
        flags += ["--sun-misc-unsafe-memory-access=allow"] if major >= 24 else []
        flags += self.flags
        main = [MAIN_CLASSES[version[0]], f"--home-dir={self.home}"]
        main += [f"--config-dir={self.home / 'conf'}", "--console-mode"]
        with (self.home / "console.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                [java, "-cp", str(lib / "*"), *flags, *main],
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.kill()
            raise

    def admin(self, *words: str, folder: Path | None = None) -> str:
        """Run a verb of neo4j-admin on the stopped server; raises NotPossible with what it said.

        Parameters
        ----------
        words : str
            As after `neo4j-admin`.
        folder : pathlib.Path, optional
            Where files that the words name are looked for; by default the current one.
        """
        version = version_wanted()
        java, _ = java_for(version)
        self._configure()
        flags = [f"-Xmx{self.heap}", "-XX:+UseParallelGC", "-Dfile.encoding=UTF-8"]
        flags += [f"--add-opens={package}=ALL-UNNAMED" for package in OPENED]
        done = subprocess.run(  # noqa: S603
            [java, "-cp", str(fetched(version) / "*"), *flags, "org.neo4j.cli.AdminTool", *words],
            cwd=folder,
            env={
                **os.environ,
                "NEO4J_HOME": str(self.home),
                "NEO4J_CONF": str(self.home / "conf"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NotPossible(f"neo4j-admin: {(done.stdout + done.stderr)[-3000:]}")
        return done.stdout

    def stop(self) -> None:
        """Let it end in good order."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process = None

    def kill(self) -> None:
        """End it at once, as `kill -9` does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _configure(self) -> None:
        (self.home / "conf").mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{name}={value}\n" for name, value in self._configuration().items())
        (self.home / "conf" / "neo4j.conf").write_text(lines, encoding="utf-8")

    def _configuration(self) -> dict[str, str]:
        return {
            "server.default_listen_address": "127.0.0.1",
            "server.bolt.listen_address": f"127.0.0.1:{self.port}",
            "server.bolt.advertised_address": f"127.0.0.1:{self.port}",
            "server.http.enabled": "false",
            "server.https.enabled": "false",
            "dbms.usage_report.enabled": "false",
            "dbms.security.allow_csv_import_from_file_urls": "false",
            "server.memory.pagecache.size": "256m",
            "db.tx_log.preallocate": "false",
            **self.settings,
        }

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process is None or self.process.poll() is not None:
                said = (self.home / "console.log").read_text(encoding="utf-8", errors="replace")
                raise NotPossible(f"Neo4j ended while it started: {said[-1500:]}")
            try:
                self._sign_in()
            except (DriverError, Neo4jError, OSError):
                time.sleep(0.2)
            else:
                return
        raise NotPossible(f"Neo4j did not answer within {START_SECONDS} s: see {self.home}/logs")

    def _sign_in(self) -> None:
        """Sign in; the password of a new server is neo4j and has to be changed first."""
        try:
            with (
                GraphDatabase.driver(self.uri, auth=("neo4j", self.password)) as driver,
                driver.session(database="neo4j") as session,
            ):
                session.run("RETURN 1").consume()
        except AuthError:
            with (
                GraphDatabase.driver(self.uri, auth=("neo4j", "neo4j")) as driver,
                driver.session(database="system") as session,
            ):
                change = "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $password"
                session.run(change, password=self.password).consume()
            self._sign_in()


def missing() -> str:
    """What keeps this machine from starting a server; empty when nothing does."""
    version = version_wanted()
    try:
        java_for(version)
    except NotPossible as error:
        return str(error)
    if not (HERE / "lib" / version).is_dir() and shutil.which("mvn") is None:
        return f"Maven (mvn) is needed to fetch Neo4j {version} (Debian: maven)"
    return ""


def _java_major(java: str) -> int:
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r'version "(\d+)', said.stderr)
    return int(found[1]) if found else 0


def main() -> None:
    """Fetch, start, check or administer, from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("verb", choices=("fetch", "start", "check", "admin"))
    parser.add_argument("--port", type=int, default=7687)
    parser.add_argument("--home", type=Path, default=HERE / "home")
    parser.add_argument("--heap", default="1g")
    parser.add_argument("--password", default=os.environ.get("NEO4J_PASSWORD", PASSWORD))
    asked, words = parser.parse_known_args()
    if words and asked.verb != "admin":
        parser.error(f"unknown: {' '.join(words)}")
    try:
        if asked.verb == "check":
            sys.exit(missing() or 0)
        if asked.verb == "fetch":
            sys.stdout.write(f"{fetched(version_wanted())}\n")
            return
        server = LocalServer(asked.home.resolve(), asked.port, asked.heap, asked.password)
        if asked.verb == "admin":
            sys.stdout.write(server.admin(*words))
            return
        server.start()
    except NotPossible as error:
        sys.exit(str(error))
    sys.stdout.write(f"{server.uri}, user neo4j, password {asked.password}; stop with Ctrl-C\n")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        signal.pause()
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()
