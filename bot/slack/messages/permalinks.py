"""Where something is found in Slack, as Slack writes its addresses."""


def channel(workspace_url: str, channel_id: str) -> str:
    return f"{workspace_url.removesuffix('/')}/archives/{channel_id}"


def message(workspace_url: str, channel_id: str, ts: str, thread_ts: str | None) -> str:
    """A reply is found through its thread."""
    base = f"{channel(workspace_url, channel_id)}/p{ts.replace('.', '')}"
    return f"{base}?thread_ts={thread_ts}&cid={channel_id}" if thread_ts and thread_ts != ts else base
