"""The OpenAPI document, made from the same records that the calls read and write: it cannot say anything else
than they do."""

from __future__ import annotations

from typing import Any

from msgspec.json import decode, encode, schema_components

from core.http.schemas import (
    ChampionReply,
    ClassifyRequest,
    FeedbackReply,
    FeedbackRequest,
    Health,
    PredictionDetails,
    PredictionReply,
    Predictions,
    Problem,
)
from core.version import __version__

KINDS = (
    ClassifyRequest,
    FeedbackRequest,
    PredictionReply,
    Predictions,
    FeedbackReply,
    PredictionDetails,
    ChampionReply,
    Health,
    Problem,
)
WRONG = {
    "400": "The request does not fit.",
    "401": "The token is missing or wrong.",
    "403": "The origin is foreign or the workspace read-only.",
    "404": "There is no such dataset or prediction, or no adopted prompt.",
    "409": "The id is taken by something else.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "429": "Too many requests: wait for Retry-After seconds.",
    "502": "The model cannot be used.",
    "503": "The store or the server is busy, or cannot do it as it is set up.",
}


def describe() -> dict[str, Any]:
    """OpenAPI 3.1."""
    _, components = schema_components(KINDS, ref_template="#/components/schemas/{name}")
    # Clients know the reply to one text as Prediction.
    components = decode(encode(components).replace(b"PredictionReply", b"Prediction"))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Whetstone",
            "version": __version__,
            "description": "Classify texts with the adopted prompt, and give feedback.",
        },
        "servers": [{"url": "/api"}],
        "security": [{"bearer": []}],
        "paths": {
            "/v1/classify": {
                "post": _post(
                    "classify",
                    "Classify one text or many.",
                    "ClassifyRequest",
                    {"200": {"anyOf": [_ref("Prediction"), _ref("Predictions")]}},
                )
            },
            "/v1/feedback": {
                "post": _post(
                    "giveFeedback",
                    "Say that a prediction was right, or what is right.",
                    "FeedbackRequest",
                    {"200": _ref("FeedbackReply"), "202": _ref("FeedbackReply")},
                )
            },
            "/v1/predictions/{prediction_id}": {
                "get": _get("prediction", "A served prediction, by its id.", "PredictionDetails")
                | {
                    "parameters": [
                        {
                            "name": "prediction_id",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string"},
                        }
                    ]
                }
            },
            "/v1/champion": {
                "get": _get("champion", "The prompt in force.", "ChampionReply")
                | {
                    "parameters": [
                        {"name": "dataset", "in": "query", "required": False, "schema": {"type": "string"}}
                    ]
                }
            },
            "/v1/health": {"get": _get("health", "Whether the workspace can be read.", "Health")},
            "/v1/openapi.json": {
                "get": {
                    "operationId": "openapi",
                    "summary": "This document.",
                    "responses": {"200": _as_json({"type": "object"}, "OpenAPI 3.1"), **_wrong("401", "429")},
                }
            },
        },
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": "#/components/schemas/" + name}


def _as_json(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _wrong(*statuses: str) -> dict[str, Any]:
    return {status: _as_json(_ref("Problem"), WRONG[status]) for status in statuses}


def _post(name: str, summary: str, body: str, good: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(body)}}},
        "responses": {
            **{
                status: _as_json(schema, "Kept until its prediction arrives." if status == "202" else "Done.")
                for status, schema in good.items()
            },
            **_wrong(*WRONG),
        },
    }


def _get(name: str, summary: str, body: str) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": _as_json(_ref(body), "Done."),
            **_wrong("400", "401", "403", "404", "429", "503"),
        },
    }
