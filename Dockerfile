# Whetstone in a container, run as docs/deploying.md says:
#   docker build -t whetstone . && docker run -p 127.0.0.1:8501:8501 -v whetstone:/workspace whetstone
FROM python:3.11-slim

# Its own user: whatever a model or a file makes the process do, it is not root. /workspace is the only place it writes to.
RUN useradd --uid 10001 --create-home whetstone && install -d -o whetstone -g whetstone -m 0700 /workspace

WORKDIR /app
COPY requirements.lock ./
# Authlib for sign-in, psycopg for PostgreSQL: neither is used unless it is configured.
RUN pip install --no-cache-dir -r requirements.lock "Authlib>=1.9,<2" "psycopg[binary]>=3.2,<4"
COPY .streamlit/config.toml .streamlit/config.toml
COPY core core
COPY pages pages
COPY data/samples data/samples
COPY docs docs
COPY streamlit_app.py ./

# STREAMLIT_SERVER_ALLOWED_HOSTS: the names that it answers to, separated by spaces. Add yours: docker run -e …
# With STREAMLIT_BROWSER_SERVER_ADDRESS set, Streamlit asks nobody on the internet for its own address when it starts.
ENV WHETSTONE_WORKSPACE=/workspace \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_ALLOWED_HOSTS="localhost 127.0.0.1" \
    STREAMLIT_SERVER_BASE_URL_PATH="" \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1

USER whetstone
VOLUME /workspace
EXPOSE 8501

# The body, not the status: Streamlit answers every path with 200 and a page.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import os, sys, urllib.request; \
path = os.environ['STREAMLIT_SERVER_BASE_URL_PATH'].strip('/'); \
url = 'http://127.0.0.1:' + os.environ['STREAMLIT_SERVER_PORT'] + (path and '/' + path) + '/_stcore/health'; \
sys.exit(urllib.request.urlopen(url, timeout=4).read() != b'ok')"]

# exec form: SIGTERM reaches Streamlit, which lets runs end at a step; they are resumed on the Runs page.
CMD ["streamlit", "run", "streamlit_app.py"]
