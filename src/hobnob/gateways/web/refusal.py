"""The answer to whoever may not even ask: a whole HTTP response without HTTP's library, which may not be loaded yet."""

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Server": "hobnob",
}
"""What every answer of this gateway carries."""


def refusal(status: str, sentence: str, **fields: str) -> bytes:
    """A response of `status` (such as ``503 Service Unavailable``) that says `sentence` and ends the connection."""
    body = f"{sentence}\n".encode()
    all_fields = {**HEADERS, "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", **fields}
    head = "".join(f"{name}: {value}\r\n" for name, value in all_fields.items())
    return f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
