"""The HTTP door: classify, feedback, champion, health. `streamlit_app.py` mounts it at /api; docs/http.md shows
it.

schemas.py what goes over the wire · handlers.py the work behind it, which may block · guard.py who may come
in, how often, with how much · responses.py replies and refusals · routes.py the calls · openapi.py the OpenAPI
document · app.py all of it as one application · security_headers.py what every response carries
· callers.py how many are waited for, and how long · log_limit.py what they may have written into the log"""
