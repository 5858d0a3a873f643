"""Reads with httpx-sse."""

import json
import re
import sys
import threading
from pathlib import Path

import httpx
from httpx_sse import connect_sse

ID = re.compile(r"evt_[0-9A-Za-z]{8,32}")
failed = False


def texts():
    """Texts that break a stream whose frames are written carelessly."""
    for text in json.loads(Path(__file__).with_name("texts.json").read_text("utf-8")):
        yield text if isinstance(text, str) else text["repeat"] * text["times"]


def check(name, found, expected=True):
    """Prints the line that `run.sh` counts."""
    global failed
    if found == expected:
        print("ok", name, flush=True)
        return
    failed = True
    print(f"FAILED {name}: {found!r:.300} instead of {expected!r:.300}", flush=True)


def publish(base, event):
    answer = httpx.post(f"{base}/events/inventory", json=event)
    answer.raise_for_status()


def main(base):
    sent = list(texts())
    got = []
    with httpx.Client(timeout=30) as client:
        with connect_sse(client, "GET", f"{base}/events/inventory") as source:
            events = source.iter_sse()
            first = next(events)
            check("sse.open comes first", first.event, "sse.open")
            check("fresh", json.loads(first.data)["resume"], "fresh")
            check("the reconnection time is told", first.retry, 3000)

            def publish_all():
                for left, sku in enumerate(sent):
                    publish(base, {"type": "stock_changed", "sku": sku, "left": left})
                publish(base, {"type": "notice", "text": "the end"})

            publishing = threading.Thread(target=publish_all)
            publishing.start()
            for event in events:
                if event.event == "notice":
                    break
                got.append(event)
            publishing.join()

    check("only stock_changed is fired", {event.event for event in got}, {"stock_changed"})
    arrived = [json.loads(event.data) for event in got]
    wrong = [at for at, (a, b) in enumerate(zip(arrived, sent)) if a["sku"] != b]
    check("each text arrives as sent, in order", (len(arrived), wrong), (len(sent), []))
    check("each with its number", [data["left"] for data in arrived], list(range(len(sent))))
    check("each id has the default form", all(ID.fullmatch(event.id) for event in got))
    check("no id comes twice", len({event.id for event in got}), len(sent))


if __name__ == "__main__":
    main(sys.argv[1])
    sys.exit(failed)
