"""The item of the audit about ports: no module of the program waits for others to connect."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_LISTENING_MODULES = frozenset(
    {"http.server", "socketserver", "xmlrpc.server", "wsgiref.simple_server", "asyncore"}
)
_SOCKET_MODULES = frozenset({"socket", "asyncio", "ssl"})
_LISTENING_CALLS = frozenset({"bind", "listen", "create_server", "start_server", "serve_forever"})
_LISTENING_CLASSES = frozenset({"QTcpServer", "QUdpSocket", "QWebSocketServer", "QSslServer"})


def listeners(tree: Path) -> Iterator[str]:
    """Give each place of the program's own modules that could open a port."""
    for path in sorted((tree / "app").rglob("*.py")):
        where = path.relative_to(tree).as_posix()
        tree_of_words = ast.parse(path.read_bytes())
        knows_sockets = any(_imports_sockets(node) for node in ast.walk(tree_of_words))
        for node in ast.walk(tree_of_words):
            if name := _opens(node, knows_sockets):
                yield f"{where}:{getattr(node, 'lineno', 0)} uses {name}"


def _imports_sockets(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(one.name.split(".")[0] in _SOCKET_MODULES for one in node.names)
    if isinstance(node, ast.ImportFrom):
        module = (node.module or "").split(".")
        names = {one.name for one in node.names}
        return module[0] in _SOCKET_MODULES or "QtNetwork" in {module[-1], *names}
    return False


def _opens(node: ast.AST, knows_sockets: bool) -> str:
    if isinstance(node, ast.ImportFrom) and node.module in _LISTENING_MODULES:
        return node.module
    if isinstance(node, ast.Import):
        return next((one.name for one in node.names if one.name in _LISTENING_MODULES), "")
    if isinstance(node, ast.Name) and node.id in _LISTENING_CLASSES:
        return node.id
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        # Other things are bound as well, but only in modules that know no sockets.
        return node.func.attr if knows_sockets and node.func.attr in _LISTENING_CALLS else ""
    return ""
