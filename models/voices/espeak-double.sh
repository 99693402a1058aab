#!/bin/sh
# Stands in for espeak-ng in tests: how it behaves is chosen by the voice that is asked for.
while [ $# -gt 0 ]; do
    [ "$1" = -v ] && behaviour=$2
    shift
done
case $behaviour in
    hangs) exec sleep 600 ;;
    dies) exit 3 ;;
    # The text is the name of a file: it dies when the file is not there, and makes it.
    dies-once) read -r mark; [ -e "$mark" ] && echo a || { : > "$mark"; exit 3; } ;;
    floods) exec yes ə ;;
    *) cat > /dev/null; printf ' həlˈoʊ\n lə- (en)wˈɜːld(fr)\n' ;;
esac
