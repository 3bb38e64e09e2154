"""Packs the WordPress plugin that comes with the service, so that it can be uploaded on the site's own screen."""

import io
import zipfile
from pathlib import Path

from . import resources

FOLDER = "homa-bridge"
"""What the plugin's folder is called on the site."""

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The time that every packed file has: the first that an archive can tell."""


def pack(source: Path) -> bytes:
    """Return a plugin as a zip archive. The same files make the same archive.

    :param source: the plugin's folder
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(path for path in source.rglob("*") if path.is_file()):
            name = file.relative_to(source)
            if any(part.startswith(".") for part in name.parts):
                continue
            entry = zipfile.ZipInfo(f"{FOLDER}/{name.as_posix()}", EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is packed
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, file.read_bytes())
    return packed.getvalue()


def write(target: Path) -> None:
    """Write the plugin that comes with this service to a file.

    :raises FileExistsError: if the file is there and is no zip archive
    :raises OSError: if it cannot be written
    """
    if target.exists() and not zipfile.is_zipfile(target):
        raise FileExistsError(f"{target} is there already and is no zip archive: choose another name")
    target.write_bytes(pack(resources.path("wp-plugin")))
