"""Texts, pages and mails of a made-up pottery. Usage: texts.py FOLDER"""
import sys
from email.message import EmailMessage
from email.utils import format_datetime
import datetime
from pathlib import Path

FOLDER = Path(sys.argv[1])
WHEN = format_datetime(datetime.datetime(2026, 3, 9, 8, 30, tzinfo=datetime.timezone.utc))

ARTICLE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>How a glaze becomes glass | Brandt Pottery</title>
<meta name="author" content="Mira Okafor"><meta name="description" content="What happens to a glaze in the fire.">
<link rel="canonical" href="https://pottery.example/blog/glaze"><script>window.track = "never shown";</script>
<style>.hero { color: red }</style></head>
<body><div id="cookie-banner"><p>We use cookies to improve your visit.</p><button>Accept all</button></div>
<header><a href="/">Brandt Pottery</a><nav><ul><li><a href="/shop">Shop</a></li><li><a href="/blog">Blog</a></li></ul></nav></header>
<main><nav class="breadcrumb"><a href="/blog">Blog</a> &gt; Glazes</nav>
<article><h1>How a glaze becomes glass</h1><p class="byline">By Mira Okafor</p>
<p>A glaze is powder and water until the kiln passes <b>eleven hundred</b> degrees, and then it flows.</p>
<h2>Three things in the bucket</h2>
<ol><li>Silica, which makes the glass.<ul><li>Quartz sand is one source.</li></ul></li><li>Alumina, which keeps it from running.</li><li>A flux, which lets it melt.</li></ol>
<h2>Recipes</h2>
<table><caption>Parts by weight</caption><thead><tr><th>Glaze</th><th>Feldspar</th><th>Ash</th></tr></thead>
<tbody><tr><td>Celadon</td><td>72</td><td>8</td></tr><tr><td>Tenmoku</td><td>61</td><td>14</td></tr></tbody></table>
<p>Weigh each part twice; the <a href="/tools/scale?unit=g">scale calculator</a> helps. The command is <code>mix --parts 80</code>.</p>
<pre><code class="language-sh">mix --parts 80
  stir --minutes 5</code></pre>
<div class="share-buttons"><a href="https://social.example/share">Share this</a></div></article></main>
<aside><h3>Related reading</h3><p>Ten bowls you must see.</p></aside>
<footer><p>© Brandt Pottery. All rights reserved.</p></footer></body></html>
"""

OLD_PAGE = """<html><head><title>Zur Geschichte der Töpferei</title><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"></head>
<body><table width="100%"><tr><td><a href="a.htm">Start</a><br><a href="b.htm">Waren</a><br><a href="c.htm">Preise</a><br><a href="d.htm">Anfahrt</a><br></td>
<td><h1>Zur Geschichte der Töpferei</h1><p>Der erste Ofen wurde im Jahr 1871 gebaut, aus Ziegeln der alten Mühle.<p>Die Glasur „Moosgrün“ stammt von Großmutter Käthe.
<p>Seit 1950 brennen wir mit Gas, davor mit Buchenholz, das im Winter geschlagen und zwei Jahre gelagert wurde.</td></tr></table></body></html>
""".replace("„", "&bdquo;").replace("“", "&ldquo;")

HEBREW_PAGE = """<!doctype html><html lang="he" dir="rtl"><head><meta charset="utf-8"><title>סדנת קדרות</title>
<style>body { font-family: "Noto Sans Hebrew", sans-serif }</style></head><body>
<h1>סדנת קדרות</h1><p>הסדנה מתקיימת בכל יום שלישי בשעה שש בערב.</p><p>יש להביא סינר ומגבת, ואת כל השאר נותנים במקום.</p>
<table border="1"><tr><th>קורס</th><th>מחיר</th></tr><tr><td>מתחילים</td><td>320</td></tr></table></body></html>
"""

CHINESE_PAGE = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>陶艺入门指南</title>
<style>body { font-family: "Noto Sans CJK SC", sans-serif }</style></head><body>
<h1>陶艺入门指南</h1><p>把泥土放在转盘的中心，双手保持湿润。</p><h2>烧制</h2><p>第一次烧制的温度是九百五十度，需要八个小时。</p></body></html>
"""

JAPANESE_BOOK = """---
title: やきもの入門
author: 佐藤 花
lang: ja
---

# 土をこねる

土は使う前に四十回こねます。空気が残ると、窯の中で割れてしまいます。

# 窯で焼く

窯の温度は千二百度まで上げます。

- 最初の二時間はゆっくり
- その後は一時間に百度ずつ
"""

NOVEL = """---
title: The Blue Jug
author: Nell Arden
lang: en
---

# The market

Nell carried the blue jug to the market before the sun was over the roofs.

## A stranger

A man in a grey coat asked what the jug could hold, and she said that it held whatever was forgotten.

# The river

By evening the jug was heavy, though nothing had been poured into it.[^1]

[^1]: The scales of the harbour office agreed.

| Day | Weight |
|-----|--------|
| Monday | 2 pounds |
| Friday | 9 pounds |
"""

README = """---
title: Kiln controller
author: Tom Reyes
---

# Kiln controller

A small program that holds a kiln at a *given* temperature.

## Install

1. Connect the thermocouple.
2. Run `make install`.

```sh
make install PORT=/dev/ttyUSB0
```

| Setting | Default |
| --- | --- |
| ramp | 100 degrees an hour |
| hold | 20 minutes |

See [the wiring plan](https://pottery.example/wiring).
"""

FRENCH = """Madame, Monsieur,

Nous vous remercions de votre commande du 3 février et nous vous prions d'excuser le retard.
Les assiettes partiront lundi ; les bols, dès que l'émail sera sec.

Veuillez agréer nos salutations distinguées.
"""

RUSSIAN = """Памятка для новых сотрудников

Печь нельзя открывать, пока температура выше двухсот градусов.
Глазурь наносят тонким слоем, чтобы она не стекала на полку.
"""

CHINESE = "窑炉安全须知\n\n开窑之前，请确认温度低于二百度。\n釉料要薄薄地涂一层，不要流到架子上。\n"


def texts():
    (FOLDER / "article.html").write_text(ARTICLE, "utf-8")
    (FOLDER / "history-de.html").write_bytes(OLD_PAGE.encode("iso-8859-1"))
    (FOLDER / "workshop-he.html").write_text(HEBREW_PAGE, "utf-8")
    (FOLDER / "guide-zh.html").write_text(CHINESE_PAGE, "utf-8")
    (FOLDER / "guide-ja.md").write_text(JAPANESE_BOOK, "utf-8")
    (FOLDER / "novel.md").write_text(NOVEL, "utf-8")
    (FOLDER / "readme.md").write_text(README, "utf-8")
    (FOLDER / "letter-fr.txt").write_bytes(FRENCH.encode("windows-1252"))
    (FOLDER / "memo-ru.txt").write_bytes(RUSSIAN.encode("windows-1251"))
    (FOLDER / "safety-zh.txt").write_bytes(CHINESE.encode("gb18030"))
    (FOLDER / "memo-ru-utf16.txt").write_bytes(RUSSIAN.encode("utf-16"))
    (FOLDER / "stock.csv").write_text('Article,Shelf,Count\n"Bowl, small",A,120\n"Jug ""Nell""",B,7\n', "utf-8")
    (FOLDER / "lager.csv").write_bytes("Artikel;Preis;Menge\nSchüssel;38,50;120\nKrug;1.249,00;7\n".encode("windows-1252"))
    (FOLDER / "stock.tsv").write_text("Article\tCount\nPlate\t31\nVase\t4\n", "utf-8")
    (FOLDER / "kiln.json").write_text(
        '{"name": "Large kiln", "limits": {"degrees": 1260}, "firings": [{"day": "Monday", "kind": "bisque"}, {"day": "Friday", "kind": "glaze"}]}',
        "utf-8",
    )


def mails():
    mail = EmailMessage()
    mail["From"] = "Ada Brandt <ada@pottery.example>"
    mail["To"] = "Jörg Großmann <joerg@pottery.example>, shop@pottery.example"
    mail["Cc"] = "Mira Okafor <mira@pottery.example>"
    mail["Date"] = WHEN
    mail["Subject"] = "Die Bestellung für März – bitte prüfen"
    mail.set_content("Hallo Jörg,\n\nbitte prüfe die Mengen.\n")
    mail.add_alternative(
        "<p>Hallo Jörg,</p><p>bitte prüfe die Mengen in der Tabelle und sieh in den <a href='https://pottery.example/plan'>Plan</a>.</p>"
        "<table><tr><th>Ton</th><th>Säcke</th></tr><tr><td>Westerwald, weiß</td><td>14</td></tr></table>",
        subtype="html",
    )
    mail.add_attachment(b"%PDF-1.4 nothing", maintype="application", subtype="pdf", filename="Bestellung März.pdf")
    (FOLDER / "order.eml").write_bytes(mail.as_bytes())

    inner = EmailMessage()
    inner["From"] = "Supplier <sales@clay.example>"
    inner["To"] = "ada@pottery.example"
    inner["Date"] = WHEN
    inner["Subject"] = "Delivery moved to Thursday"
    inner.set_content("The lorry comes on Thursday at ten.\n")
    outer = EmailMessage()
    outer["From"] = "Ada Brandt <ada@pottery.example>"
    outer["To"] = "Tom Reyes <tom@pottery.example>"
    outer["Date"] = WHEN
    outer["Subject"] = "Fwd: Delivery moved to Thursday"
    outer.set_content("Tom, can you open the gate?\n\nAda\n")
    outer.add_attachment(inner)
    (FOLDER / "forwarded.eml").write_bytes(outer.as_bytes())


texts()
mails()
