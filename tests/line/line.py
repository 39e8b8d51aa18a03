#!/usr/bin/env python3
"""A line between two network namespaces: capped, delayed, lossy, with the kernel's own TCP at both ends.

Needs root, Linux and iproute2. Makes the namespaces NAME-near and NAME-far, joined by two TUN devices whose packets this program
carries. Addresses of loopback lie at the far end: what runs in NAME-near and connects to 127.0.0.1 crosses the line to what listens
there in NAME-far. Prints one line of JSON when ready, carries until its standard input closes, then takes everything down and prints
what was carried.

Each direction is a process: random loss, a drop-tail queue in virtual time, half the round trip, then out, in order.
"""

import argparse
import collections
import ctypes
import fcntl
import json
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA  # linux/if_tun.h
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
CLONE_NEWNET = 0x40000000  # linux/sched.h
PR_SET_TIMERSLACK = 29  # linux/prctl.h
MTU = 1500
LIBC = ctypes.CDLL(None, use_errno=True)


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def tun_in(namespace, name):
    """Opens a TUN device inside a namespace; the descriptor works from outside."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if LIBC.setns(there, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        return tun
    finally:
        LIBC.setns(here, CLONE_NEWNET)
        os.close(here)
        os.close(there)


def inside(namespace, *words):
    run("ip", "netns", "exec", namespace, *words)


def build(name):
    """Both namespaces with their devices; returns the two descriptors."""
    ends = []
    for end, own, other in (("near", "10.99.0.1", "10.99.0.2"), ("far", "10.99.0.2", "10.99.0.1")):
        namespace = f"{name}-{end}"
        run("ip", "netns", "add", namespace)
        ends.append(tun_in(namespace, "line"))
        inside(namespace, "ip", "addr", "add", own, "peer", other, "dev", "line")
        inside(namespace, "ip", "link", "set", "line", "mtu", str(MTU), "txqueuelen", "10000", "up")
        for setting in ("route_localnet=1", "rp_filter=0"):
            key, value = setting.split("=")
            for which in ("all", "line"):
                inside(namespace, "sh", "-c", f"echo {value} > /proc/sys/net/ipv4/conf/{which}/{key}")
    # The near end has no loopback of its own, so that its addresses can lie across the line.
    inside(f"{name}-far", "ip", "link", "set", "lo", "up")
    inside(f"{name}-near", "ip", "route", "add", "127.0.0.0/8", "dev", "line", "src", "10.99.0.1")
    return ends


def tear_down(name):
    for end in ("near", "far"):
        subprocess.run(["ip", "netns", "del", f"{name}-{end}"], check=False, stderr=subprocess.DEVNULL)


def carry(source, sink, options, report):
    """One direction, for ever."""
    LIBC.prctl(PR_SET_TIMERSLACK, 1)
    chance = random.Random(options.seed + source)
    seconds_per_byte = 8 / (options.rate_mbit * 1e6)
    queue_limit = options.queue_ms / 1000
    way = options.round_trip_ms / 2000
    loss = options.loss_percent / 100
    under_way = collections.deque()
    free_at = 0.0
    tally = {"packets": 0, "bytes": 0, "lost": 0, "dropped": 0}
    going = [True]
    signal.signal(signal.SIGTERM, lambda *_: going.clear())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    clock, read, write = time.monotonic, os.read, os.write
    poll = select.poll()
    poll.register(source, select.POLLIN)
    while going:
        now = clock()
        while under_way and under_way[0][0] <= now:
            try:
                write(sink, under_way.popleft()[1])
            except OSError:
                pass  # the other end's queue is full or gone: a lost packet, as on any line
        wait = (under_way[0][0] - now) * 1000 if under_way else 100
        # Whole milliseconds only: below one, look without waiting.
        if not poll.poll(int(wait)):
            continue
        for _ in range(64):
            try:
                packet = read(source, 65536)
            except BlockingIOError:
                break
            now = clock()
            if chance.random() < loss:
                tally["lost"] += 1
                continue
            start = max(now, free_at)
            if start - now > queue_limit:
                tally["dropped"] += 1
                continue
            free_at = start + len(packet) * seconds_per_byte
            under_way.append((free_at + way, packet))
            tally["packets"] += 1
            tally["bytes"] += len(packet)
    os.write(report, (json.dumps(tally) + "\n").encode())
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="slipway", help="of the namespaces")
    parser.add_argument("--rate-mbit", type=float, default=200)
    parser.add_argument("--round-trip-ms", type=float, default=100)
    parser.add_argument("--loss-percent", type=float, default=0)
    parser.add_argument("--queue-ms", type=float, default=100, help="how much may wait at the bottleneck")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("an emulated line needs root")
    tear_down(options.name)  # of a run that was killed
    workers, reports = [], []
    try:
        near, far = build(options.name)
        for source, sink in ((near, far), (far, near)):
            out, report = os.pipe()
            worker = os.fork()
            if worker == 0:
                carry(source, sink, options, report)
            os.close(report)
            workers.append(worker)
            reports.append(out)
        print(json.dumps({"near": f"{options.name}-near", "far": f"{options.name}-far"}), flush=True)
        sys.stdin.read()
    except KeyboardInterrupt:
        pass
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGTERM)
            os.waitpid(worker, 0)
        tear_down(options.name)
    up, down = (json.loads(os.read(report, 4096)) for report in reports)
    try:
        print(json.dumps({"up": up, "down": down}), flush=True)
    except BrokenPipeError:
        # Who started the line did not wait for its counts; nor may Python, when it ends, try to say them again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
