#!/usr/bin/env python3
"""failover.py read WRITER READER...: 50 writes, each read back on the other servers at once: how many were not there yet.
failover.py buy CLIENTS SECONDS LOG: clients check out through a connection string of several servers, and ask again with the
same key when they got no answer, or threw it away, as one of eight is; the cart is filled anew each time, so that there is
something for a second order. LOG.n has a line for each answer: time, order number, key, how often it was asked for, seconds.
At the end each asks once more for all its keys: LOG-again.n has key, order number, and order number of the repeat.
DRIPLO_SERVERS is where the servers' sockets are."""
import multiprocessing
import os
import random
import sys
import time
import uuid

import psycopg

SHOP = "driplo_shop"
USER = os.environ["PGUSER"]


def connect(servers, attributes="any"):
    return psycopg.connect(
        host=",".join(servers), port=",".join(["5432"] * len(servers)), dbname=SHOP, user=USER,
        target_session_attrs=attributes, connect_timeout=3)


def read_back(writer, readers):
    writer = connect([writer])
    readers = [connect([r]) for r in readers]
    for reader in readers:
        reader.autocommit = True
    for mode in ("local", "remote_apply"):
        stale, seconds = 0, 0.0
        for _ in range(50):
            written = writer.execute(
                "SELECT set_config('synchronous_commit', %s, true); ", (mode,)) and writer.execute(
                "UPDATE counter SET value = value + 1 RETURNING value").fetchone()[0]
            started = time.time()
            writer.commit()
            seconds += time.time() - started
            stale += sum(r.execute("SELECT value FROM counter").fetchone()[0] != written for r in readers)
        print(f"{mode} {stale} {seconds * 1000 / 50:.1f}")


FILL = ("SELECT clear_cart()", "SELECT add_to_cart('00000000-0000-4000-8000-00000000000a')")
BECOME = ("SELECT set_config('role', 'authenticated', true), set_config('request.jwt.claims', "
          "jsonb_build_object('sub', (SELECT id FROM profiles WHERE username = %s), 'role', 'authenticated')::text, true)")


def fill(connection, number):
    connection.execute(BECOME, (f"buyer{number}",))
    for statement in FILL:
        connection.execute(statement)
    connection.commit()


def check_out(connection, number, key):
    connection.execute(BECOME, (f"buyer{number}",))
    order = connection.execute(
        "SELECT order_number FROM checkout((SELECT id FROM shipping_addresses WHERE user_id = auth.uid()), %s)", (key,)).fetchone()[0]
    connection.commit()
    return order


def client(number, until, log):
    servers = os.environ["DRIPLO_SERVERS"].split(",")
    connection = key = None
    placed = {}
    with open(f"{log}.{number}", "w", encoding="utf-8") as answers:
        while time.time() < until or key:
            try:
                if connection is None:
                    connection, is_filled = connect(servers, "read-write"), False
                if key is None:
                    key, asked, started, is_filled = str(uuid.uuid4()), 0, time.time(), False
                if not is_filled:
                    fill(connection, number)
                    is_filled = True
                asked += 1
                order = check_out(connection, number, key)
                if asked == 1 and random.random() < 0.125:
                    is_filled = False
                    continue
                answers.write(f"{time.time():.3f}\t{order}\t{key}\t{asked}\t{time.time() - started:.3f}\n")
                answers.flush()
                placed[key] = order
                key = None
            except psycopg.Error as error:
                # an answer, not a lost connection
                if (error.sqlstate or "")[:2] in ("MK", "P0", "22", "23", "42"):
                    answers.write(f"{time.time():.3f}\tREFUSED {error.sqlstate} {error}\n".replace("\n", " ") + "\n")
                    key = None
                if connection is not None:
                    connection.close()
                connection = None
                time.sleep(0.2)
                if time.time() > until + 60:
                    break
    connection = connection or connect(servers, "read-write")
    with open(f"{log}-again.{number}", "w", encoding="utf-8") as answers:
        for key, order in placed.items():
            fill(connection, number)
            answers.write(f"{key}\t{order}\t{check_out(connection, number, key)}\n")


# Python 3.14 starts processes that read this file again.
if __name__ == "__main__":
    if sys.argv[1] == "read":
        read_back(sys.argv[2], sys.argv[3:])
    else:
        end = time.time() + float(sys.argv[3])
        buyers = [multiprocessing.Process(target=client, args=(i, end, sys.argv[4])) for i in range(int(sys.argv[2]))]
        for buyer in buyers:
            buyer.start()
        for buyer in buyers:
            buyer.join()
