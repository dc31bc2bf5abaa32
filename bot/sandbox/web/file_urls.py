"""The addresses for files: where uploaded bytes go, and where they are read again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from aiohttp import web

from bot.sandbox.state.model import WorkspaceError
from bot.sandbox.web.api import files
from bot.sandbox.workspace import Workspace

Take = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_routes(
    application: web.Application,
    workspace: Callable[[], Workspace],
    host: Callable[[web.Request, Take], Awaitable[web.StreamResponse]],
) -> None:
    """Serve uploads and downloads for whatever workspace is there at the moment; `host` may fail before or after."""

    async def take(request: web.Request) -> web.StreamResponse:
        """The middle step of an upload: the body is the file, as it is or as a form."""
        content = b""
        if request.content_type == "multipart/form-data":
            for part in (await request.post()).values():
                content = part.file.read() if isinstance(part, web.FileField) else str(part).encode()
        else:
            content = await request.read()
        try:
            files.receive_upload(workspace(), request.match_info["file_id"], content)
        except WorkspaceError as error:
            return web.Response(status=404, text=str(error))
        return web.Response(text=f"OK - {len(content)}")

    async def upload(request: web.Request) -> web.StreamResponse:
        return await host(request, take)

    async def download(request: web.Request) -> web.Response:
        """A file's content, for an app that shows its token."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in {app.bot_token for app in workspace().apps}:
            return web.Response(status=403, text="a bot token is needed")
        file = workspace().files.get(request.match_info["file_id"])
        if file is None:
            return web.Response(status=404, text="no such file")
        disposition = f"attachment; filename*=UTF-8''{quote(file.name)}"
        return web.Response(body=file.content, headers={"Content-Disposition": disposition})

    application.router.add_post("/upload/v1/{file_id}", upload)
    application.router.add_get("/files-pri/{team}-{file_id}/{rest:.+}", download)
