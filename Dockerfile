# Inkling in an image: `make image` builds it, docs/operate.md says how to run it.
FROM python:3.12-slim

# Root's, and only read by who runs it.
WORKDIR /opt/inkling
COPY . .
RUN PIP_NO_CACHE_DIR=1 sh deploy/install.sh /opt/inkling-venv && install -d -o 10001 -g 10001 /data

# MNIST, and what is kept of visits and rooms. A home is only somewhere to write that is there.
ENV PATH=/opt/inkling-venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    INKLING_DATA_DIR=/data \
    INKLING_STORE_DIR=/data/store
VOLUME ["/data"]

# By its number, since whoever forbids root looks for one.
USER 10001:10001
EXPOSE 8501
# Importing TensorFlow from a cold disk takes its time; no training can run until then.
HEALTHCHECK --interval=15s --timeout=6s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/health', timeout=5)"]
CMD ["python", "-m", "streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true", "--logger.hideWelcomeMessage=true"]
