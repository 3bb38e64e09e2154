"""The yardstick: Flask and PyMySQL with the least SQL that has the same effect, and nothing else.

No prefix, no checks, no guest that is new, no duplicates, no retry: what the service costs beyond this is its own.
"""

import json
import os
import threading

import pymysql
from flask import Flask, Response, request

app = Flask(__name__)
local = threading.local()
API = "/wp-json/homaye-tabesh/v1"


def connection(*, autocommit: bool) -> pymysql.Connection:
    name = f"connection_{autocommit}"
    if not hasattr(local, name):
        opened = pymysql.connect(
            unix_socket=os.environ["BARE_SOCKET"],
            user="root",
            database=os.environ["BARE_DATABASE"],
            charset="utf8mb4",
            autocommit=autocommit,
            init_command="SET SESSION optimizer_switch = 'index_merge=off'",
        )
        setattr(local, name, opened)
    found: pymysql.Connection = getattr(local, name)
    return found


def answer(content: object) -> Response:
    return Response(json.dumps(content), mimetype="application/json")


@app.post(f"{API}/vault/sync")
def sync() -> Response:
    token, body = request.cookies["homa_session_token"], request.get_json()
    value = json.dumps(body["value"])
    update = (
        "UPDATE wp_homa_vault SET context_value=%s, updated_at=NOW() WHERE session_token=%s AND context_key=%s",
        (value, token, body["field"]),
    )
    if "page_url" in body:
        opened = connection(autocommit=False)
        with opened.cursor() as cursor:
            cursor.execute(*update)
            cursor.execute(
                "UPDATE wp_homa_sessions SET form_snapshot=JSON_SET(form_snapshot, %s, JSON_EXTRACT(%s, '$')), "
                "last_url=%s, updated_at=NOW(), expires_at=NOW() + INTERVAL 48 HOUR WHERE session_token=%s",
                (f'$."{body["field"]}"', value, body["page_url"], token),
            )
        opened.commit()
    else:
        with connection(autocommit=True).cursor() as cursor:
            cursor.execute(*update)
    return answer({"success": True, "message": "Data synced successfully", "session_token": token})


def rows(sql: str, token: str) -> tuple[tuple[object, ...], ...]:
    with connection(autocommit=True).cursor() as cursor:
        cursor.execute(sql, (token,))
        return cursor.fetchall()


VAULT = "SELECT context_key, context_value, ai_insight FROM wp_homa_vault WHERE session_token=%s ORDER BY id"
SESSION = (
    "SELECT last_url, form_snapshot, chat_summary, updated_at FROM wp_homa_sessions "
    "WHERE session_token=%s AND expires_at > NOW()"
)
INTERESTS = (
    "SELECT category_slug, interest_score, source_referral, last_interaction FROM wp_homa_user_interests "
    "WHERE user_id_or_token=%s ORDER BY interest_score DESC, id LIMIT 10"  # without id it reads the score's index
)
CHAT = (
    "SELECT message_type, message_content, ai_metadata, created_at FROM wp_homaye_chat_memory "
    "WHERE session_id=%s ORDER BY id DESC LIMIT 50"
)


@app.get(f"{API}/vault/restore")
def restore() -> Response:
    token = request.cookies["homa_session_token"]
    fields = {key: {"value": json.loads(str(value)), "insight": insight} for key, value, insight in rows(VAULT, token)}
    session = [
        {"last_url": url, "form_snapshot": json.loads(str(form)), "chat_summary": summary, "updated_at": str(moment)}
        for url, form, summary, moment in rows(SESSION, token)
    ]
    interests = [
        {"category": slug, "score": score, "source": source, "last_interaction": str(moment)}
        for slug, score, source, moment in rows(INTERESTS, token)
    ]
    chat = [
        {"type": kind, "content": content, "metadata": metadata, "timestamp": str(moment)}
        for kind, content, metadata, moment in rows(CHAT, token)
    ]
    return answer(
        {
            "success": True,
            "vault_data": fields,
            "session": session[0] if session else None,
            "interests": interests,
            "chat_messages": chat[::-1],
            "has_chat_history": bool(chat),
            "session_token": token,
        }
    )


@app.post(f"{API}/interest/track")
def track() -> Response:
    token, body = request.cookies["homa_session_token"], request.get_json()
    with connection(autocommit=True).cursor() as cursor:
        cursor.execute(
            "INSERT INTO wp_homa_user_interests (user_id_or_token, category_slug, interest_score, source_referral) "
            "VALUES (%s, %s, %s, 'organic') "
            "ON DUPLICATE KEY UPDATE interest_score=interest_score+VALUES(interest_score), last_interaction=NOW()",
            (token, body["category"], body["score"]),
        )
    return answer({"success": True, "message": "Interest tracked"})


@app.get(f"{API}/memory/summary")
def summary() -> Response:
    token = request.cookies["homa_session_token"]
    lines = ["Context from current session:"]
    lines += [f"- {key}: {value}" for key, value, _ in rows(VAULT, token)]
    lines += [f"Previous conversation summary: {told}" for _, _, told, _ in rows(SESSION, token) if told]
    named = ", ".join(f"{slug} (score: {score})" for slug, score, _, _ in rows(INTERESTS, token))
    lines.append(f"User interests: {named}")
    return answer({"success": True, "memory_summary": "\n".join(lines), "persona_prefix": ""})
