#!/usr/bin/env bash
# Makes the files of the corpus anew, with the programs that people use: LibreOffice, pdfTeX, Chromium, pandoc, and the
# Python packages python-docx, openpyxl, python-pptx, Pillow, reportlab and msoffcrypto-tool. Needs poppler-utils and Noto's fonts.
# Usage: make.sh PYTHON FOLDER
set -euo pipefail
python=$1
out=$(realpath "$2")
here=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

office() { soffice "-env:UserInstallation=file://$work/profile" --headless --convert-to "$1" --outdir "$3" "$2" >/dev/null 2>&1; }
printed() {
  chromium --headless --no-sandbox --disable-gpu --disable-background-networking --user-data-dir="$work/browser" \
    --no-pdf-header-footer "--print-to-pdf=$2" "$1" >/dev/null 2>&1
}

"$python" "$here/office.py" "$out"
"$python" "$here/texts.py" "$work"
cp "$work"/{article.html,history-de.html,workshop-he.html,readme.md,letter-fr.txt,memo-ru.txt,memo-ru-utf16.txt,safety-zh.txt} "$out"
cp "$work"/{stock.csv,lager.csv,stock.tsv,kiln.json,order.eml,forwarded.eml} "$out"
for format in odt fodt docx rtf doc pdf; do office $format "$here/handbook.fodt" "$out"; done
office pdf "$here/registration.fodt" "$out"
office rtf "$out/notice-ar.docx" "$out"
office pdf "$out/notice-ar.docx" "$out"
office ods "$out/prices.xlsx" "$out"
office xls "$out/prices.xlsx" "$out"
office xlsx "$out/prices.xlsx" "$work"
mv "$work/prices.xlsx" "$out/prices-calc.xlsx"
office odp "$out/review.pptx" "$out"
office pdf "$out/review.pptx" "$out"
printed "$work/article.html" "$out/article.pdf"
# With the browser's own heads and feet, which name the page's address.
"$python" -m http.server --bind 127.0.0.1 --directory "$here" 8123 >/dev/null 2>&1 &
server=$!
chromium --headless --no-sandbox --disable-gpu --disable-background-networking --user-data-dir="$work/browser" \
  --host-resolver-rules="MAP pottery.example:80 127.0.0.1:8123" \
  "--print-to-pdf=$out/terms.pdf" http://pottery.example/terms.html >/dev/null 2>&1
kill $server
printed "$work/guide-zh.html" "$out/guide-zh.pdf"
printed "$work/workshop-he.html" "$out/workshop-he.pdf"
pandoc "$work/guide-ja.md" -o "$out/guide-ja.epub"
pandoc "$work/novel.md" -t epub2 -o "$out/novel.epub"
pandoc "$work/novel.md" -o "$out/novel.docx"
for paper in paper letter-en letter-de; do
  pdflatex -interaction=batchmode -output-directory "$work" "$here/$paper.tex" >/dev/null
done
mv "$work/paper.pdf" "$out/paper.pdf"
for pass in 1 2; do pdflatex -interaction=batchmode -output-directory "$work" "$here/yearbook.tex" >/dev/null; done
mv "$work/yearbook.pdf" "$out/yearbook.pdf"
for letter in letter-en letter-de; do pdftoppm -r 150 -gray -png -singlefile "$work/$letter.pdf" "$work/$letter"; done
"$python" "$here/scans.py" "$out" "$work/letter-en.png" "$work/letter-de.png"
(cd "$here" && node message.mjs "$out/opening.msg")
"$python" - "$out" <<'PYTHON'
import sys, msoffcrypto
from pathlib import Path
from msoffcrypto.format.ooxml import OOXMLFile
folder = Path(sys.argv[1])
with open(folder / "minutes-de.docx", "rb") as plain, open(folder / "locked.docx", "wb") as locked:
    OOXMLFile(plain).encrypt("secret", locked)
whole = (folder / "prices.xlsx").read_bytes()
(folder / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
PYTHON
