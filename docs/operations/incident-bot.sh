#!/bin/sh
# incident-bot as its service runs it: as its user, with its environment. For root.
set -eu
umask 077
set -a
. /etc/incident-bot/environment
set +a
cd /var/lib/incident-bot
exec setpriv --reuid=incident-bot --regid=incident-bot --clear-groups /opt/incident-bot/bin/incident-bot "$@"
