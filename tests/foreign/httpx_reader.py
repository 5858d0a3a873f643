"""Reads with httpx-sse."""

import json
import re
import sys
import threading
from pathlib import Path

import httpx
from httpx_sse import connect_sse

POSITION = re.compile(r"evt_[0-9A-Za-z]{24}")
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


def come_back(url, last, **options):
    """What a reader gets that asks for more, up to a number; nothing asks for sse.open alone."""
    with httpx.Client(timeout=30) as client, connect_sse(client, "GET", url, **options) as source:
        events = source.iter_sse()
        first = next(events)
        data = json.loads(first.data)
        lefts = []
        while last is not None and last not in lefts:
            lefts.append(json.loads(next(events).data)["left"])
    return first.id, [data["resume"], data["missed"], *lefts]


def publish_lefts(base, lefts):
    for left in lefts:
        publish(base, {"type": "stock_changed", "sku": "resume", "left": left})


def resume(base, short):
    """Leaves, and comes back after events that it did not hear."""
    url = f"{base}/events/inventory"
    start, told = come_back(url, None)
    check("who is new is told so", told, ["fresh", 0])
    publish_lefts(base, [1, 2, 3])
    _, told = come_back(url, 3, headers={"Last-Event-ID": start})
    check("by header: what came since, once", told, ["exact", 0, 1, 2, 3])
    _, told = come_back(url, 3, params={"last_event_id": start})
    check("by query parameter as well", told, ["exact", 0, 1, 2, 3])

    url = f"{short}/events/inventory"
    start, _ = come_back(url, None)
    publish_lefts(short, [1, 2, 3, 4, 5])
    _, told = come_back(url, 5, headers={"Last-Event-ID": start})
    check("a gap has its number, and what is kept comes", told, ["gap", 2, 3, 4, 5])


def texts_arrive(base):
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
    check("each id is a position", all(POSITION.fullmatch(event.id) for event in got))
    check("no id comes twice", len({event.id for event in got}), len(sent))


if __name__ == "__main__":
    url, url_of_short = sys.argv[1:]  # the second keeps three events
    texts_arrive(url)
    resume(url, url_of_short)
    sys.exit(failed)
