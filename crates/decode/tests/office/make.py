"""Makes the sample files beside it. Every word is invented. Run once, by hand:

    pip install python-docx openpyxl reportlab xlwt
    python make.py && soffice --headless --convert-to doc --outdir . report.docx

The tests read the files and never run this.
"""

import io
import zipfile

import docx
import openpyxl
import xlwt
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from openpyxl.styles import numbers
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

TITLE = "青禾县教育局2019年工作总结"
LEAD = (
    "2019年，青禾县教育局在县委、县政府的正确领导下，全面贯彻党的教育方针，坚持立德树人，"
    "深化改革，各项工作取得了新的进展。全县共有小学37所，在校学生12045人，教职工986人。"
)
WORK = [
    ("加强队伍建设", "全年培训教师1260人次，评选县级骨干教师48名，开展送教下乡活动23场，受益教师达到560人。"),
    ("改善办学条件", "投入资金1.86亿元，新建校舍12所，改造操场8个，为〔2019〕15号文件《教育现代化规划》的落实打下了基础。"),
    ("落实资助政策", "发放助学金326.5万元，资助家庭经济困难学生4876人，没有一名学生因贫失学。"),
]


def save(document, path):
    """Without the pictures and themes of the template."""
    whole = io.BytesIO()
    document.save(whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if not any(part in name for part in ("thumbnail", "theme", "customXml", "stylesWithEffects")):
                new.writestr(name, old.read(name))


def report_docx():
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "青禾县教育局文件"
    document.add_paragraph(TITLE, style="Title")
    document.add_paragraph(LEAD)

    # 一、二、三、 that nobody typed.
    numbering = document.part.numbering_part.element
    abstract = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
        '<w:numFmt w:val="chineseCountingThousand"/><w:lvlText w:val="%1、"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl></w:abstractNum>'
    )
    numbering.insert(0, abstract)
    numbering.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="91"><w:abstractNumId w:val="90"/></w:num>')
    )
    for heading, words in WORK:
        for text, level in [(heading, 0), (words, 1)]:
            paragraph = document.add_paragraph(text)
            properties = paragraph._p.get_or_add_pPr()
            properties.append(
                parse_xml(
                    f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="91"/></w:numPr>'
                )
            )

    # Struck out under revision, inserted, hidden.
    paragraph = document.add_paragraph("下一步，")
    paragraph._p.append(
        parse_xml(f'<w:del {nsdecls("w")} w:id="1" w:author="a"><w:r><w:delText>打算</w:delText></w:r></w:del>')
    )
    paragraph._p.append(
        parse_xml(f'<w:ins {nsdecls("w")} w:id="2" w:author="a"><w:r><w:t>我们将</w:t></w:r></w:ins>')
    )
    hidden = paragraph.add_run("（内部）")
    hidden.font.hidden = True
    paragraph.add_run("继续努力。")

    table = document.add_table(rows=3, cols=3)
    rows = [("学校", "学生数", "教师数"), ("青禾一小", "1320", "86"), ("云岭中学", "2045", "173")]
    for row, words in zip(table.rows, rows):
        for cell, word in zip(row.cells, words):
            cell.text = word
    save(document, "report.docx")


def sheet_xlsx():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "学校情况"
    sheet.append(["学校", "学生数", "升学率", "建成日期"])
    sheet.append(["青禾一小", 1320, 0.985, 45000])
    sheet.append(["云岭中学", 2045.5, 0.9, 43831])
    for row in (2, 3):
        sheet.cell(row, 3).number_format = numbers.FORMAT_PERCENTAGE_00
        sheet.cell(row, 4).number_format = 'yyyy"年"m"月"d"日"'
    sheet.append(["合计", "=SUM(B2:B3)"])
    hidden = book.create_sheet("底稿")
    hidden.append(["不公开"])
    hidden.sheet_state = "hidden"
    book.save("sheet.xlsx")


def sheet_xls():
    book = xlwt.Workbook()
    sheet = book.add_sheet("学校情况")
    percent = xlwt.easyxf(num_format_str="0.0%")
    date = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for column, word in enumerate(["学校", "学生数", "升学率", "建成日期"]):
        sheet.write(0, column, word)
    for row, (name, number, rate, day) in enumerate(
        [("青禾一小", 1320, 0.985, 45000), ("云岭中学", 2045.5, 0.9, 43831)], 1
    ):
        sheet.write(row, 0, name)
        sheet.write(row, 1, number)
        sheet.write(row, 2, rate, percent)
        sheet.write(row, 3, day, date)
    book.save("sheet.xls")


def wrapped(text, width):
    """Lines of at most `width` half characters, the first one two characters in."""
    lines, line, used = [], "　　", 4
    for c in text:
        step = 1 if c.isascii() else 2
        if used + step > width:
            lines.append(line)
            line, used = "", 0
        line += c
        used += step
    return lines + [line]


def report_pdf():
    """As programs of 2005 made it: STSong-Light, a predefined map, no ToUnicode."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    pages = canvas.Canvas("unigb.pdf", pagesize=A4, pageCompression=1)
    width = 56
    lines = wrapped(LEAD, width)
    for heading, words in WORK:
        lines += ["　　" + heading] + wrapped(words, width)
    lines += wrapped(LEAD * 3, width)
    for number, start in enumerate(range(0, len(lines), 8), 1):
        pages.setFont("STSong-Light", 9)
        pages.drawString(90, 800, "青禾县教育局年度报告")
        pages.drawCentredString(297, 40, f"- {number} -")
        pages.setFont("STSong-Light", 14)
        y = 760
        if start == 0:
            pages.drawCentredString(297, y, TITLE)
            y -= 40
        for line in lines[start : start + 8]:
            indent = len(line) - len(line.lstrip("　"))
            pages.drawString(90 + 14 * indent, y, line.lstrip("　"))
            y -= 24
        pages.showPage()
    pages.save()


def empty_docx():
    save(docx.Document(), "empty.docx")


if __name__ == "__main__":
    report_docx()
    sheet_xlsx()
    sheet_xls()
    report_pdf()
    empty_docx()
