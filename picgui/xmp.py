"""The XMP packet of pictures: what a photograph's own says of what it shows, and that the colours are a model's.

Sources: XMP Specification, part 1 (ISO 16684-1), section 7; IPTC Photo Metadata Standard, Digital Source Type.
"""

import io
from collections.abc import Mapping
from xml.etree import ElementTree

from PIL import Image

from picgui.exif import orientation_of

TIFF_TAG, PNG_TEXT = 700, b"XML:com.adobe.xmp"  # that hold a packet
_LARGEST = 1 << 20  # bytes of a packet that is read
_LONGEST = 1000  # letters of a namespace: the parser writes it out for each name

_RDF, _IPTC, _EXIF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}", "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}", "{http://ns.adobe.com/exif/1.0/}"
_PREFIXES = {_RDF: "rdf", _IPTC: "Iptc4xmpExt", "{http://www.w3.org/XML/1998/namespace}": "xml"}
_ORIGIN = f"{_IPTC}DigitalSourceType"
_ESTIMATED = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"

# Namespaces, by their beginnings, of what is true of a file, its pixels or how they are to be developed, and not of what they show
_OF_THE_FILE = (
    "{http://ns.adobe.com/tiff/",
    _EXIF,
    "{http://cipa.jp/exif/",
    "{http://ns.adobe.com/camera-raw-",
    "{http://ns.adobe.com/hdr-gain-map/",
    "{http://ns.adobe.com/xap/1.0/mm/",
    "{http://ns.adobe.com/xmp/note/",
    "{http://ns.apple.com/HDR",
    "{http://ns.apple.com/pixeldatainfo/",
    "{http://ns.google.com/photos/",
    "{http://darktable.sf.net/",
)
_OF_THE_SCENE = (  # by their beginnings, too
    *(_EXIF + name for name in ("GPS", "DateTime", "UserComment")),
    *(f"{{http://ns.adobe.com/tiff/1.0/}}{name}" for name in ("ImageDescription", "Artist", "Copyright")),
)
_PHOTOSHOP, _BASIC = "{http://ns.adobe.com/photoshop/1.0/}", "{http://ns.adobe.com/xap/1.0/}"
_LEFT_OUT = {
    *(_PHOTOSHOP + name for name in ("ColorMode", "ICCProfile", "DocumentAncestors", "TextLayers", "LegacyIPTCDigest")),
    *(_BASIC + name for name in ("CreatorTool", "ModifyDate", "Thumbnails")),
    "{http://purl.org/dc/elements/1.1/}format",
    "{http://purl.org/dc/terms/}provenance",
    _ORIGIN,
}
_PLACES = {  # of faces and other things, in the picture as it was stored
    "{http://www.metadataworkinggroup.com/schemas/regions/}Regions",
    "{http://ns.microsoft.com/photo/1.2/}RegionInfo",
    "{http://ns.acdsee.com/regions/}Regions",
    "{http://ns.idimager.com/ics/1.0/}ImageRegions",
    f"{_IPTC}ImageRegion",
}


def packet_of(image: Image.Image) -> bytes:
    """`ESTIMATED` with what the picture's own packet says of what it shows; without, where there is none, it is malformed or larger than a megabyte."""
    try:
        if image.format == "PNG" and "xmp" not in image.info:
            image.load()  # it may stand behind the pixels
        packet = image.info.get("xmp", b"")
        if len(packet) > _LARGEST:
            return ESTIMATED
        text = packet.decode("utf-8-sig").strip("\0 \t\r\n")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:  # by which a few letters become gigabytes
            return ESTIMATED
        return _packet(*_kept(text, _LEFT_OUT if orientation_of(image) == 1 else _LEFT_OUT | _PLACES))
    except Exception:  # as in `upright_block`
        return ESTIMATED


def without_places(packet: bytes) -> bytes:
    """One of our packets without what says where in the picture something is, as it is not there any more in one that was turned."""
    return _packet(*_kept(packet.decode(), _LEFT_OUT | _PLACES))


def _kept(text: str, left_out: set[str]) -> tuple[dict[str, str | ElementTree.Element], dict[str, str]]:
    """The properties of a packet but for those of the file and these, by name, and the prefixes of its namespaces."""
    events, prefixes, taken = ElementTree.iterparse(io.StringIO(text), ["start-ns"]), dict(_PREFIXES), set(_PREFIXES.values())
    for _, (prefix, space) in events:
        if len(space) > _LONGEST:
            raise ValueError("a namespace is too long")
        if f"{{{space}}}" not in prefixes:
            free = (name for name in (prefix, *(f"ns{i}" for i in range(len(taken) + 1))) if name and name not in taken)
            prefixes[f"{{{space}}}"] = name = next(free)
            taken.add(name)
    kept: dict[str, str | ElementTree.Element] = {}
    for description in events.root.iterfind(f"{_RDF}Description" if events.root.tag == f"{_RDF}RDF" else f"{_RDF}RDF/{_RDF}Description"):
        for name, value in (*description.items(), *((element.tag, element) for element in description)):
            inside = [name] if isinstance(value, str) else [n for element in value.iter() for n in (element.tag, *element.keys())]
            is_of_the_file = any(n.startswith(_OF_THE_FILE) and not n.startswith(_OF_THE_SCENE) for n in inside)
            if name.startswith("{") and not name.startswith(_RDF) and name not in left_out and not is_of_the_file:
                kept.setdefault(name, value)
    return kept, prefixes


def _packet(kept: Mapping[str, str | ElementTree.Element], prefixes: Mapping[str, str]) -> bytes:
    """A packet of these properties and the colours' origin. Raises KeyError for a namespace without a prefix."""
    spaces: dict[str, str] = {}

    def named(name: str) -> str:
        space, brace, local = name.rpartition("}")
        if not brace:
            return name
        prefix = prefixes[space + brace]
        if prefix != "xml":
            spaces[f"xmlns:{prefix}"] = space[1:]
        return f"{prefix}:{local}"

    description = ElementTree.Element(named(f"{_RDF}Description"), {named(f"{_RDF}about"): "", named(_ORIGIN): _ESTIMATED})
    for name, value in kept.items():
        if isinstance(value, str):
            description.set(named(name), value)
            continue
        for element in value.iter():
            element.tag, element.attrib = named(element.tag), {named(key): said for key, said in element.items()}
        value.tail = None
        description.append(value)
    rdf = ElementTree.Element(named(f"{_RDF}RDF"), spaces)
    rdf.append(description)
    body = ElementTree.tostring(rdf, "unicode")
    return f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">{body}</x:xmpmeta><?xpacket end="w"?>'.encode()


ESTIMATED = _packet({}, _PREFIXES)  # what there is to be said of colours
