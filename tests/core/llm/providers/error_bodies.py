"""What servers answer when something is wrong, as bug reports and vendors' references show it."""

# ruff: noqa: E501
# fmt: off

from __future__ import annotations

import json

FILTERED, TEXT, MODEL, PASSING, UNCLEAR = "filtered", "text", "model", "passing", "unclear"


def said(message: object, code: object = None, kind: object = None, **more: object) -> dict:
    return {"error": {"message": message, "type": kind, "code": code, **more}}


def gemini(code: int, message: str, status: str, *details: dict) -> list:
    return [{"error": {"code": code, "message": message, "status": status, "details": list(details)}}]


def quota(*ids: str) -> dict:
    return {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [
            {"quotaMetric": "generate_content_free_tier_requests", "quotaId": each} for each in ids
        ],
    }


RETRY_37 = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"}
PLAN = "You exceeded your current quota, please check your plan and billing details."
CLOUDFLARE = (
    "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head>"
    "<body>Sorry, you have been blocked. Your API key access is denied.</body></html>"
)

# (server, status, body, whose fault)
BODIES = [
    # ---- this text's: too long
    ("openai", 400, said("This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.", "context_length_exceeded", "invalid_request_error"), TEXT),
    ("openai", 400, said("Invalid 'messages[1].content': string too long. Expected a string with maximum length 10485760, but got a string with length 12000000 instead. My API key not valid", "string_above_max_length"), TEXT),
    ("openai", 429, said("Request too large for gpt-6-luna in organization org-x on tokens per min (TPM): Limit 30000, Requested 41000. The input or output tokens must be reduced in order to run successfully.", "rate_limit_exceeded", "tokens"), TEXT),
    ("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"}}, TEXT),
    ("anthropic", 413, {"type": "error", "error": {"type": "request_too_large", "message": "Request exceeds the maximum size"}}, TEXT),
    ("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "input length and `max_tokens` exceed context limit: 199000 + 8000 > 200000"}}, TEXT),
    ("gemini", 400, gemini(400, "The input token count (1198273) exceeds the maximum number of tokens allowed (1048576).", "INVALID_ARGUMENT"), TEXT),
    ("openrouter", 400, said("This endpoint's maximum context length is 32768 tokens. However, you requested about 40000 tokens.", 400), TEXT),
    ("openrouter", 400, said("Provider returned error", 400, metadata={"provider_name": "Z", "raw": json.dumps(said("prompt is too long: 9 tokens > 8 maximum"))}), TEXT),
    ("deepseek", 400, said("This model's maximum context length is 131072 tokens. However, you requested 131134 tokens (122942 in the messages, 8192 in the completion).", "invalid_request_error", "invalid_request_error"), TEXT),
    ("alibaba", 400, said("Range of input length should be [1, 30720]", "invalid_parameter_error", "invalid_request_error"), TEXT),
    ("llama.cpp", 400, said("request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it", 400, "exceed_context_size_error", n_ctx=4096), TEXT),
    ("llama.cpp", 500, said("the request exceeds the available context size. try increasing the context size or enable context shift", 500, "server_error"), TEXT),
    ("llama.cpp", 500, said("input is too large to process. increase the physical batch size", 500, "server_error"), TEXT),
    ("vllm", 400, {"object": "error", "message": "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.", "type": "BadRequestError", "param": None, "code": 400}, TEXT),
    ("vllm", 400, said("The decoder prompt (length 25938) is longer than the maximum model length of 4096.", 400, "BadRequestError"), TEXT),
    ("tgi", 422, {"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4100 `inputs` tokens", "error_type": "validation"}, TEXT),
    ("tgi", 422, {"error": "Input validation error: `inputs` must have less than 4095 tokens. Given: 5000", "error_type": "validation"}, TEXT),
    ("lm studio", 400, {"error": "Trying to keep the first 5208 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough."}, TEXT),
    ("ollama", 400, {"error": "the input length exceeds the context length"}, TEXT),
    ("ollama", 500, {"error": "prompt too long; exceeded max context length by 4 tokens"}, TEXT),
    ("groq", 413, said("Request too large for model `llama` in organization `org` on tokens per minute (TPM): Limit 6000, Requested 7203, please reduce your message size and try again.", "rate_limit_exceeded", "tokens"), TEXT),
    ("mistral", 400, {"object": "error", "message": "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length", "type": "invalid_request_prompt", "code": "3051"}, TEXT),
    ("nginx", 413, "<html><head><title>413 Request Entity Too Large</title></head></html>", TEXT),
    # ---- this text's: filtered
    ("azure", 400, said("The response was filtered due to the prompt triggering Azure OpenAI's content management policy.", "content_filter", None, innererror={"code": "ResponsibleAIPolicyViolation"}), FILTERED),
    ("openai", 400, said("Invalid prompt: your prompt was flagged as potentially violating our usage policy.", "invalid_prompt", "invalid_request_error"), FILTERED),
    ("openrouter", 403, said("x/y requires moderation on Z. Your input was flagged for \"violence\".", 403, metadata={"reasons": ["violence"], "flagged_input": "credit balance"}), FILTERED),
    ("deepseek", 400, said("Content Exists Risk", "invalid_request_error", "invalid_request_error"), FILTERED),
    ("alibaba", 400, said("<400> InternalError.Algo.DataInspectionFailed: Input text data may contain inappropriate content.", "data_inspection_failed", "data_inspection_failed"), FILTERED),
    ("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "Output blocked by content filtering policy"}}, FILTERED),
    ("moonshot", 400, said("The request was rejected because it was considered high risk", None, "content_filter"), FILTERED),
    ("zhipu", 400, said("系统检测到输入或生成内容可能包含不安全或敏感内容", "1301"), FILTERED),
    ("xai", 403, {"code": "The caller does not have permission to execute the specified operation", "error": "Content violates usage guidelines. Team: x"}, FILTERED),
    # ---- the model, key or account
    ("openai", 401, said("Incorrect API key provided: sk-...", "invalid_api_key"), MODEL),
    ("openai", 404, said("The model `gpt-9` does not exist or you do not have access to it.", "model_not_found"), MODEL),
    ("openai", 429, said(PLAN, "insufficient_quota", "insufficient_quota"), MODEL),
    ("openai", 403, said("Country, region, or territory not supported", "unsupported_country_region_territory"), MODEL),
    ("openai", 400, said("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "unsupported_parameter", param="max_tokens"), MODEL),
    ("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "Your credit balance is too low to access the Anthropic API."}}, MODEL),
    ("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."}}, MODEL),
    ("anthropic", 404, {"type": "error", "error": {"type": "not_found_error", "message": "model: claude-nope"}}, MODEL),
    ("anthropic", 403, {"type": "error", "error": {"type": "permission_error", "message": "Your API key does not have permission"}}, MODEL),
    ("gemini", 400, gemini(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT", {"reason": "API_KEY_INVALID"}), MODEL),
    ("gemini", 400, gemini(400, "User location is not supported for the API use.", "FAILED_PRECONDITION"), MODEL),
    ("gemini", 403, gemini(403, "Generative Language API has not been used in project 1 before or it is disabled.", "PERMISSION_DENIED"), MODEL),
    ("gemini", 404, gemini(404, "models/gemini-9 is not found for API version v1main, or is not supported for generateContent.", "NOT_FOUND"), MODEL),
    ("openrouter", 400, said("acme/nope is not a valid model ID", 400), MODEL),
    ("openrouter", 402, said("This request requires more credits, or fewer max_tokens.", 402), MODEL),
    ("openrouter", 404, said("No endpoints found matching your data policy.", 404), MODEL),
    ("openrouter", 403, said("Key limit exceeded (total limit). Manage it using the settings.", 403), MODEL),
    ("deepseek", 402, said("Insufficient Balance", "invalid_request_error"), MODEL),
    ("alibaba", 400, said("Access denied, please make sure your account is in good standing.", "Arrearage"), MODEL),
    ("groq", 400, said("The model `llama2` has been decommissioned and is no longer supported.", "model_decommissioned"), MODEL),
    ("moonshot", 429, said("Your account is suspended, please check your plan and billing details", None, "exceeded_current_quota_error"), MODEL),
    ("zhipu", 429, said("余额不足或无可用资源包,请充值。", "1113"), MODEL),
    ("ollama", 404, {"error": "model 'nope' not found"}, MODEL),
    ("ollama", 500, {"error": "model requires more system memory (8.0 GiB) than is available (4.1 GiB)"}, MODEL),
    ("vllm", 404, {"object": "error", "message": "The model `nope` does not exist.", "type": "NotFoundError", "code": 404}, MODEL),
    ("lm studio", 404, said("No models loaded. Please load a model in the developer page.", "model_not_found"), MODEL),
    ("azure", 404, said("The API deployment for this resource does not exist.", "DeploymentNotFound"), MODEL),
    ("new-api", 503, said("No available channel for model x under group default", "model_not_found", "new_api_error"), MODEL),
    ("new-api", 403, said("user quota is not enough", "insufficient_user_quota", "new_api_error"), MODEL),
    # ---- the account, for today
    ("gemini", 429, gemini(429, PLAN, "RESOURCE_EXHAUSTED", quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), RETRY_37), MODEL),
    ("gemini", 429, gemini(429, PLAN, "RESOURCE_EXHAUSTED", quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "GenerateRequestsPerDayPerProjectPerModel-FreeTier"), RETRY_37), MODEL),
    ("gemini", 429, gemini(429, PLAN + " * Quota exceeded for metric: generate_content_free_tier_requests, limit: 0, model: gemini-3.1-pro Please retry in 25.4s.", "RESOURCE_EXHAUSTED"), MODEL),
    ("openrouter", 429, said("Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day", 429), MODEL),
    ("openai", 429, said("Rate limit reached for gpt-6-luna in organization org-x on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s.", "rate_limit_exceeded", "requests"), MODEL),
    ("groq", 429, said("Rate limit reached for model `llama` on tokens per day (TPD): Limit 100000, Used 97050, Requested 3619. Please try again in 9m38.016s. Upgrade at https://console.groq.com/settings/billing", "rate_limit_exceeded", "tokens"), MODEL),
    # ---- passing
    ("groq", 429, said("Rate limit reached for model `llama` on requests per day (RPD): Limit 14400, Used 14400, Requested 1. Please try again in 6s.", "rate_limit_exceeded"), PASSING),
    ("gemini", 429, gemini(429, PLAN, "RESOURCE_EXHAUSTED", quota("GenerateContentInputTokensPerModelPerMinute-FreeTier"), RETRY_37), PASSING),
    ("gemini", 429, gemini(429, "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED"), PASSING),
    ("openai", 429, said("Rate limit reached for gpt-6-luna on requests per min (RPM): Limit 3, Used 3. Please try again in 20s. You can increase your rate limit by adding a payment method.", "rate_limit_exceeded", "requests"), PASSING),
    ("azure", 429, said("Requests have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 20 seconds.", "429"), PASSING),
    ("openrouter", 429, said("Rate limit exceeded: free-models-per-min. ", 429), PASSING),
    ("groq", 498, said("Flex tier capacity exceeded", None, "capacity_exceeded"), PASSING),
    ("tgi", 424, {"error": "Request failed during generation: Server error: CUDA out of memory", "error_type": "generation"}, PASSING),
    ("llama.cpp", 503, said("Loading model", 503, "unavailable_error"), PASSING),
    ("anthropic", 529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, PASSING),
    ("openai", 409, said("Another process has a lock on this resource"), PASSING),
    ("hugging face", 503, {"error": "Model x is currently loading", "estimated_time": 20.5}, PASSING),
    ("aws", 503, said("SlowDown: Please reduce your request rate."), PASSING),
    ("cloudflare", 522, "<!DOCTYPE html><html><title>522: Connection timed out</title></html>", PASSING),
    ("envoy", 503, "upstream connect error or disconnect/reset before headers", PASSING),
    # ---- unclear
    ("cloudflare", 403, CLOUDFLARE, UNCLEAR),
    ("ollama", 403, "", UNCLEAR),
    ("fastapi", 404, {"detail": "Not Found"}, UNCLEAR),
    ("fastapi", 422, {"detail": [{"loc": ["body", "messages", 0], "msg": "Input should be a valid dictionary", "type": "dict_type", "input": "my API key, my credit balance"}]}, UNCLEAR),
    ("openai", 400, said("We could not parse the JSON body of your request.", None, "invalid_request_error"), UNCLEAR),
    ("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "messages: text content blocks must contain non-whitespace text"}}, UNCLEAR),
    ("groq", 400, said("`max_tokens` must be less than or equal to `8192`", None, "invalid_request_error"), UNCLEAR),
    ("nginx", 405, "<html><head><title>405 Not Allowed</title></head></html>", UNCLEAR),
    ("llama.cpp", 501, said("This server does not do that", 501, "not_supported_error"), UNCLEAR),
]
