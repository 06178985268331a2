"""Office files of a made-up pottery, by python-docx, openpyxl, xlwt and python-pptx. Usage: office.py FOLDER"""
import datetime
import sys
from pathlib import Path

from docx import Document
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

FOLDER = Path(sys.argv[1])


def minutes_in_german():
    document = Document()
    document.core_properties.title = "Protokoll der Werkstattrunde"
    document.core_properties.author = "Jörg Großmann"
    document.sections[0].header.paragraphs[0].text = "Töpferei Brandt, vertraulich"
    document.add_heading("Protokoll der Werkstattrunde", 0)
    document.add_paragraph("Anwesend waren Jörg Großmann, Ada Brandt und die beiden Lehrlinge.")
    document.add_heading("Beschlüsse", 1)
    for text in ["Der Ofen wird im März überprüft.", "Neue Glasuren werden in kleinen Mengen bestellt."]:
        document.add_paragraph(text, style="List Number")
    document.add_paragraph("Zuerst die grüne.", style="List Bullet 2")
    document.add_heading("Aufgaben", 1)
    table = document.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ["Wer", "Was", "Bis wann"]):
        cell.text = text
    for row in [("Ada", "Ton bestellen", "12. März"), ("Jörg", "Ofen prüfen lassen", "31. März")]:
        for cell, text in zip(table.add_row().cells, row):
            cell.text = text
    total = table.add_row()
    total.cells[0].merge(total.cells[1]).text = "Alles Übrige"
    total.cells[2].text = "offen"
    paragraph = document.add_paragraph("Die Werk")
    paragraph.add_run("statt bleibt am ").bold = True
    paragraph.add_run("Karfreitag geschlossen.")
    paragraph.add_run().add_break(WD_BREAK.PAGE)
    document.add_paragraph("Nächste Runde: am ersten Montag im Mai.")
    document.save(FOLDER / "minutes-de.docx")


def notice_in_arabic():
    document = Document()
    document.core_properties.title = "إشعار إلى العملاء"
    document.core_properties.author = "ليلى حداد"
    document.add_heading("إشعار إلى العملاء", 1)
    for text in ["يسرنا أن نعلن عن افتتاح متجرنا الجديد في وسط المدينة.", "ساعات العمل من التاسعة صباحا حتى الخامسة مساء."]:
        paragraph = document.add_paragraph(text)
        paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip([cell for row in table.rows for cell in row.cells], ["الصنف", "السعر", "إبريق", "٤٥ دينارا"]):
        cell.text = text
    document.save(FOLDER / "notice-ar.docx")


def prices():
    book = Workbook()
    book.properties.title = "Price list"
    book.properties.creator = "Ada Brandt"
    sheet = book.active
    sheet.title = "Tableware"
    sheet["A1"] = "Price list for the spring"
    sheet["A1"].font = Font(bold=True)
    sheet.merge_cells("A1:E1")
    sheet.append([])
    sheet.append(["Article", "Glaze", "Pieces", "Price", "Valid from"])
    rows = [("Bowl BR-1042", "Celadon", 4, 38.5), ("Jug BR-2210", "Iron red", 1, 1249), ("Plate BR-3007", "Ash", 6, 21.25)]
    for article, glaze, pieces, price in rows:
        sheet.append([article, glaze, pieces, price, datetime.date(2026, 3, 1)])
    for row in sheet.iter_rows(min_row=4, max_row=6):
        row[3].number_format = '#,##0.00 "EUR"'
        row[4].number_format = "DD.MM.YYYY"
    sheet.append(["All", "", "=SUM(C4:C6)", "=SUM(D4:D6)"])
    sheet["D7"].number_format = '#,##0.00 "EUR"'
    sheet["A9"] = "Discount"
    sheet["B9"] = 0.125
    sheet["B9"].number_format = "0.0%"
    sheet["A10"] = "Questions"
    sheet["B10"] = "Write to us"
    sheet["B10"].hyperlink = "https://pottery.example/contact"
    stock = book.create_sheet("Stock")
    stock.append(["Store", "Shelf", "Count"])
    stock.append(["Cellar", "A", 120])
    stock.append([None, "B", 75])
    stock.merge_cells("A2:A3")
    chart = BarChart()
    chart.title = "Pieces on the shelves"
    chart.add_data(Reference(stock, min_col=3, min_row=1, max_row=3), titles_from_data=True)
    chart.set_categories(Reference(stock, min_col=2, min_row=2, max_row=3))
    stock.add_chart(chart, "F2")
    hidden = book.create_sheet("Purchase")
    hidden.append(["Supplier", "Cost"])
    hidden.append(["Westerwald clay works", 812])
    hidden.sheet_state = "hidden"
    book.save(FOLDER / "prices.xlsx")


def review():
    deck = Presentation()
    deck.core_properties.title = "Review of the year"
    deck.core_properties.author = "Ada Brandt"
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text = "Review of the year"
    first.placeholders[1].text = "What the pottery made, sold and broke"
    second = deck.slides.add_slide(deck.slide_layouts[1])
    second.shapes.title.text = "What went well"
    frame = second.placeholders[1].text_frame
    frame.text = "Two thousand bowls left the kiln"
    for level, text in [(1, "Nine of ten without a crack"), (0, "A shop opened in the old town")]:
        paragraph = frame.add_paragraph()
        paragraph.text, paragraph.level = text, level
    second.notes_slide.notes_text_frame.text = "Thank the apprentices by name."
    third = deck.slides.add_slide(deck.slide_layouts[5])
    third.shapes.title.text = "Sales by quarter"
    table = third.shapes.add_table(3, 3, Inches(1), Inches(2), Inches(6), Inches(1.5)).table
    for at, text in enumerate(["Quarter", "Pieces", "Revenue", "First", "410", "9,300 EUR", "Second", "655", "14,120 EUR"]):
        table.cell(at // 3, at % 3).text = text
    group = third.shapes.add_group_shape()
    box = group.shapes.add_textbox(Inches(1), Inches(5), Inches(4), Inches(1))
    box.text_frame.text = "Figures before the audit, see our page"
    box.text_frame.paragraphs[0].runs[0].hyperlink.address = "https://pottery.example/audit"
    fourth = deck.slides.add_slide(deck.slide_layouts[5])
    fourth.shapes.title.text = "Breakage"
    data = CategoryChartData()
    data.categories = ["Drying", "Firing"]
    data.add_series("Broken pieces", (31, 12))
    frame = fourth.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(2), Inches(5), Inches(3), data)
    frame.chart.has_title = True
    frame.chart.chart_title.text_frame.text = "Where pots break"
    deck.save(FOLDER / "review.pptx")


minutes_in_german()
notice_in_arabic()
prices()
review()
