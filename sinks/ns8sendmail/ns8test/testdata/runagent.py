"""Stands in for runagent and its ns8-sendmail on a node of NethServer 8.

It does with Python's own libraries what the true command does with them, in the same
order, so that refusals, lost connections and odd arguments end in the same words and
exit codes. Where the true one asks Redis, this one reads a file of JSON, the first
argument; where the true one writes to the journal, this one writes nowhere.
"""

import argparse
import email.mime.multipart
import email.mime.text
import json
import re
import smtplib
import ssl
import sys


class RedisAway(Exception):
    """Raised where the cluster's Redis does not answer; its traceback names redis-py."""


RedisAway.__module__, RedisAway.__qualname__ = "redis.exceptions", "ConnectionError"


def get_smarthost_settings(stored):
    """Read the hash cluster/smarthost. All of its values are text; some may be missing."""
    if stored.get("redis") == "away":
        raise RedisAway("Error 111 connecting to cluster-leader:6379. Connection refused.")
    if not stored:
        return None
    return {
        "address": (stored["host"], int(stored["port"])),
        "login": (stored["username"], stored["password"]),
        "enabled": stored["enabled"] == "1",
        "encrypt": stored["encrypt_smtp"],
        "verify": stored["tls_verify"] == "1",
    }


def journal(line):
    """Fail as the journal's C function does on what is not UTF-8."""
    line.encode("utf-8")


def connect(settings):
    context = ssl.create_default_context()
    if not settings["verify"]:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings["encrypt"] == "tls":
        return smtplib.SMTP_SSL(*settings["address"], context=context)
    server = smtplib.SMTP(*settings["address"])
    if settings["encrypt"] == "starttls":
        server.starttls(context=context)
    return server


def compose(options, body):
    mail = email.mime.multipart.MIMEMultipart()
    mail["From"] = options.sender
    mail["To"] = ",".join(options.recipients)
    mail["Subject"] = options.subject
    kind = "html" if re.search("<[^>]+>", body) else "plain"
    mail.attach(email.mime.text.MIMEText(body, kind))
    return mail


def send(settings, options, mail):
    server = connect(settings)
    if all(settings["login"]):
        server.login(*settings["login"])
    server.sendmail(options.sender, ",".join(options.recipients), mail.as_string())
    server.quit()
    journal(f"sent {options.subject}")


def ns8_sendmail(stored, arguments):
    parser = argparse.ArgumentParser(prog="ns8-sendmail")
    parser.add_argument("recipients", nargs="*")
    parser.add_argument("-s", "--subject", default="")
    parser.add_argument("-f", "--from", dest="sender", default="no-reply@node.example.org")
    options = parser.parse_args(arguments)
    if not options.recipients:
        sys.exit("Error: At least one recipient is required.")
    body = sys.stdin.read()
    settings = get_smarthost_settings(stored)
    if settings is None or not settings["enabled"]:
        sys.exit("Error: Smarthost is not enabled.")
    mail = compose(options, body)
    try:
        send(settings, options, mail)
    except Exception as error:
        journal(f"failed {options.subject}")
        sys.exit(f"Error: {error}")


def main(settings, *words):
    if words[0] == "-m":  # this node hosts no module
        sys.exit(f"[FATAL] Cannot find module {words[1]}")
    with open(settings, encoding="utf-8") as file:
        ns8_sendmail(json.load(file), words[1:])


main(*sys.argv[1:])
