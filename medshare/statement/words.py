"""The words of the statement templates. What was signed once must read the same for ever.

Never change a template: add a new one, and keep the old. The names of purposes, categories and
actions (`medshare.consent.names`) belong to template 1 as well. Vectors pin both.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from medshare.statement.errors import UnknownTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One template in one language. A label stands before a value on one line; `{...}` is filled in."""

    title: str
    patient: str
    grantee: str
    grantee_account: str
    grantee_record: str
    researcher: str
    researcher_account: str
    researcher_record: str
    researcher_how: str
    what: str
    category: str
    folder: str
    folder_sensitive: str
    why: str
    purpose: str
    may: str
    not_before: str
    not_after: str
    not_after_end: str
    issued_at: str
    request: str
    no_request: str
    enforced: str
    enforced_reading: str
    enforced_writing: str
    enforced_always: tuple[str, ...]
    promised: str
    promised_purpose: str
    promised_no_export: str
    promised_export: str
    promised_deidentified: str
    promised_aggregate: str
    promised_writing: str


TEMPLATE_1: Final = "MEDSHARE-CONSENT-1"

_EN_1: Final = Words(
    title="I, the patient, consent to what stands here and to nothing else.",
    patient="Patient: ",
    grantee="Who: ",
    grantee_account="Who, account: ",
    grantee_record="Who, accreditation record: ",
    researcher="For whom: ",
    researcher_account="For whom, account: ",
    researcher_record="For whom, accreditation record: ",
    researcher_how="How: the first works on the record for the second, who gets results and no keys.",
    what="What:",
    category="- {name} (category {number})",
    folder="- {name} (documents: {documents}, {first} to {last}, leaves {leaves})",
    folder_sensitive="- {name} (sensitive, documents: {documents}, {first} to {last}, leaves {leaves})",
    why="Why:",
    purpose="- {name} ({code})",
    may="They may:",
    not_before="From: ",
    not_after="Until: ",
    not_after_end=" (no longer at that second)",
    issued_at="Signed: ",
    request="Answers request: ",
    no_request="Answers no request.",
    enforced="Enforced by the chain, the gateways and the keys:",
    enforced_reading='- Only the one named under "who", its staff and those it stands for get what is named here.',
    enforced_writing="- Documents enter my record under this consent only while it holds; it opens nothing to read.",
    enforced_always=(
        "- Before and after this time it opens nothing, and I can revoke it at any time.",
        "- Every request is logged, refusals too, and I can read the log.",
    ),
    promised="Only promised by those who get it:",
    promised_purpose="- What was read is used for these purposes only. What was read cannot be unread.",
    promised_no_export="- No copies are kept beyond what the law demands.",
    promised_export="- Exported copies are kept safe and go no further.",
    promised_deidentified="- The researcher gets de-identified results that do not tell who I am.",
    promised_aggregate="- The researcher gets totals that do not tell who I am.",
    promised_writing="- What is written is true and about me.",
)

_ZH_1: Final = Words(
    title="本人（病人）僅同意下列事項，別無其他。",
    patient="病人：",
    grantee="對象：",
    grantee_account="對象帳戶：",
    grantee_record="對象認可紀錄：",
    researcher="研究者：",
    researcher_account="研究者帳戶：",
    researcher_record="研究者認可紀錄：",
    researcher_how="方式：由上述對象為研究者處理病歷資料；研究者僅取得結果，不取得金鑰。",
    what="內容：",
    category="- {name}（類別 {number}）",
    folder="- {name}（{documents} 份文件，{first} 至 {last}，雜湊 {leaves}）",
    folder_sensitive="- {name}（敏感，{documents} 份文件，{first} 至 {last}，雜湊 {leaves}）",
    why="目的：",
    purpose="- {name}（{code}）",
    may="得為之行為：",
    not_before="自：",
    not_after="至：",
    not_after_end="（該秒起失效）",
    issued_at="簽署時間：",
    request="回覆之申請：",
    no_request="未回覆任何申請。",
    enforced="由區塊鏈、閘道與金鑰強制執行：",
    enforced_reading="- 僅上述對象、其所屬人員及其所代表之人，得取得此處所列內容。",
    enforced_writing="- 僅於本同意書有效期間，文件方得依此寫入本人病歷；本同意書不開放任何閱覽。",
    enforced_always=(
        "- 於上述期間之前或之後，本同意書不開放任何內容；本人得隨時撤回。",
        "- 每次申請（含遭拒者）均留有紀錄，本人得查閱。",
    ),
    promised="僅屬取得者之承諾：",
    promised_purpose="- 已閱覽之內容僅用於上述目的。已閱覽之內容無法收回。",
    promised_no_export="- 除法律要求者外，不留存任何複本。",
    promised_export="- 匯出之複本將妥善保管，且不再轉交他人。",
    promised_deidentified="- 研究者取得之去識別化結果不會洩露本人身分。",
    promised_aggregate="- 研究者取得之統計數值不會洩露本人身分。",
    promised_writing="- 所寫入之內容真實且確屬本人。",
)

TEMPLATES: Final = MappingProxyType({(TEMPLATE_1, "en"): _EN_1, (TEMPLATE_1, "zh-Hant"): _ZH_1})
"""Every template there ever was, by id and language."""

NEWEST: Final = TEMPLATE_1


def words_of(template: str, language: str) -> Words:
    """Return the words of a template.

    Raises:
        UnknownTemplate: There is none of that id in that language.
    """
    try:
        return TEMPLATES[template, language]
    except KeyError:
        raise UnknownTemplate(template=template, language=language) from None
