#!/bin/sh
# Archive the store once a day and keep the last ones; `backup.sh once` archives now and ends.
#
#   ALLIANCE_BACKUPS       folder of the archives        /backup
#   ALLIANCE_BACKUP_HOUR   hour of the day, 0 to 23      2
#   ALLIANCE_BACKUP_KEEP   archives to keep              14
set -eu
folder=${ALLIANCE_BACKUPS:-/backup}
hour=${ALLIANCE_BACKUP_HOUR:-2}
keep=${ALLIANCE_BACKUP_KEEP:-14}

archive_now() {
    name=$(date -u +%Y-%m-%dT%H%M%SZ)
    alliance archive "$folder/$name.part"
    mv "$folder/$name.part" "$folder/$name"
    echo "$folder/$name is complete"
    # The oldest go first; what was left half-written by a stop goes too.
    find "$folder" -mindepth 1 -maxdepth 1 -name '*.part' -exec rm -rf {} +
    find "$folder" -mindepth 1 -maxdepth 1 -type d -name '20*Z' | sort -r |
        tail -n "+$((keep + 1))" | while read -r old; do rm -rf "$old"; done
}

if [ "${1:-}" = once ]; then
    archive_now
    exit 0
fi
while true; do
    now=$(date +%s)
    next=$(date -d "today $hour:00" +%s)
    [ "$next" -gt "$now" ] || next=$(date -d "tomorrow $hour:00" +%s)
    sleep $((next - now))
    archive_now || echo "the archive failed; the next is tried tomorrow" >&2
done
