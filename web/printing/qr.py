"""QR codes of addresses."""

from __future__ import annotations

import io


def qr_code(address: str) -> bytes:
    """The address as a QR code (ISO/IEC 18004), SVG without a background."""
    import segno

    out = io.BytesIO()
    segno.make_qr(address, error="m").save(out, kind="svg", border=2, dark="#17324d", xmldecl=False)
    return out.getvalue()
