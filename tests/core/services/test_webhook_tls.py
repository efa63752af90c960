"""A webhook over https: whose certificate is trusted, and whose is not."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.services.serving.webhook_post import NotDelivered, SignedPost, send
from tests.core.services.receiver import SECRET, receiving

POST = SignedPost("id", 1_731_705_121.0, b'{"a": 1}')


def certified(folder: Path, days: int = 1) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate of its own for 127.0.0.1, and the file of that certificate; it ends after
    so many days, before today where they are negative."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    end = datetime.now(UTC) + timedelta(days=days)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(end - timedelta(days=3)).not_valid_after(end)
    builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=True)
    made = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = folder / "certificate.pem"
    certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, folder / "key.pem")
    return context, certificate


def test_a_certificate_that_nobody_vouches_for_is_refused_until_it_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    context, certificate = certified(tmp_path)
    with receiving(context) as receiver:
        with pytest.raises(NotDelivered, match="its certificate is not valid") as problem:
            send(receiver.url, SECRET, POST)
        assert not problem.value.final and not receiver.ids

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        send(receiver.url, SECRET, POST)
        assert receiver.got == [{"a": 1}]
        with pytest.raises(NotDelivered, match="its certificate is not valid"):  # it is for the address alone
            send(receiver.url.replace("127.0.0.1", "localhost"), SECRET, POST)

        receiver.statuses = [307]
        with pytest.raises(NotDelivered, match="not followed"):
            send(receiver.url, SECRET, POST)
        assert len(receiver.ids) == 2


def test_one_that_has_ended_is_refused_and_so_is_a_receiver_without_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    context, certificate = certified(tmp_path, days=-1)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with receiving(context) as receiver:
        with pytest.raises(NotDelivered, match="its certificate is not valid"):
            send(receiver.url, SECRET, POST)
        assert not receiver.ids
    with receiving() as receiver, pytest.raises(NotDelivered) as problem:
        send(receiver.url.replace("http:", "https:"), SECRET, POST)
    assert str(problem.value) == "The receiver could not be reached: no secure connection (https) came about."
