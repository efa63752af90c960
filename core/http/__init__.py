"""The HTTP door: classify, feedback, champion, health. `server.py` mounts it at /api; docs/http.md shows it.

wire.py what goes over the wire · desk.py the work behind it, which may block · guard.py who may come in, how
often, with how much · answering.py replies and refusals · routes.py the calls · description.py the OpenAPI
document · door.py all of it as one application"""
