"""Files as people really have them, with what breaks careless programs."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

IMAGE = "![x](http://127.0.0.1:9/x.png)"
FORMULA = '=HYPERLINK("http://127.0.0.1:9/";"win")'
BIG = "Protokoll: " + "Zeile für Zeile " * 65_600  # over a megabyte
COLUMNS = ("Nummer", "Nachricht", "Kategorie", "Bemerkung")


@dataclass(frozen=True)
class Ugly:
    encoding: str
    labels: tuple[str, str, str]

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Text, label, note: duplicates, the same text with two labels, markup, a formula, a cell of a
        megabyte."""
        bracket, image, plain = self.labels
        made = [
            (f"Die Rechnung Nr. {n} kam später als die Mahnung – {word}", bracket, "")
            for n, word in enumerate(MONEY)
        ]
        made += [
            (f"Das Paket {word} ist nicht angekommen, Straße {n}", image, "") for n, word in enumerate(PARCEL)
        ]
        made += [(f"Bitte das Passwort zurücksetzen: {word}", plain, "") for word in ACCESS]
        made += [
            made[0],
            made[0],
            ("Wer ist zuständig?", bracket, ""),
            ("Wer ist zuständig?", plain, "<b>beide</b>"),
        ]
        made += [(IMAGE, image, IMAGE), (FORMULA, plain, FORMULA), (BIG, bracket, "")]
        made += [("<img src=http://127.0.0.1:9/y.png> **fett**", image, "")]
        return made

    def file(self) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(COLUMNS)
        writer.writerows(
            [number, *row] for number, row in enumerate(((t, label, note) for t, label, note in self.rows), 1)
        )
        return text.getvalue().encode(self.encoding)


MONEY = (
    "Gebühr",
    "Skonto",
    "Betrag",
    "Umsatz",
    "Steuer",
    "Konto",
    "Zahlung",
    "Lastschrift",
    "Zins",
    "Rabatt",
)
PARCEL = ("Röhre", "Kiste", "Tüte", "Palette", "Brief", "Karton", "Sack", "Bündel", "Rolle", "Dose")
ACCESS = ("Müller", "Groß", "Weiß", "Jäger", "Köhler", "Vogt", "Krüger", "Böhm", "Schäfer", "Lang")
WINDOWS = Ugly("cp1252", ("<b>Geld & mehr</b>", IMAGE, "Zugang *neu*"))
WITH_BOM = Ugly("utf-8-sig", ("<script>alert(1)</script>", IMAGE, "Zugang 🔑"))
