"""Which of Slack's messages nobody has said."""

# What the workspace says about a channel is not what people said in it.
NOT_SPEECH = frozenset(
    {
        "channel_join",
        "channel_leave",
        "channel_topic",
        "channel_purpose",
        "channel_name",
        "channel_archive",
        "channel_unarchive",
        "channel_posting_permissions",
        "channel_convert_to_private",
        "group_join",
        "group_leave",
        "group_topic",
        "group_purpose",
        "group_name",
        "group_archive",
        "group_unarchive",
        "pinned_item",
        "unpinned_item",
        "ekm_access_denied",
        "message_replied",
        "reminder_add",
        "bot_add",
        "bot_remove",
        "tombstone",
    }
)
