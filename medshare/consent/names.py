"""The names of purposes, categories, actions and reasons, in English and Traditional Chinese.

Purposes follow the display names of HL7 v3-ActReason 4.0.0 in plain words. The names are part of
the statement that a patient signs: changing one changes what template 1 says, so a name that must
change needs a new template and stays here for the old one. A vector pins them.
"""

from __future__ import annotations

from typing import Final

from medshare.consent.actions import Action
from medshare.consent.categories import Category
from medshare.consent.errors import UnknownLanguage
from medshare.consent.purposes import bit
from medshare.consent.reasons import Reason

LANGUAGES: Final = ("en", "zh-Hant")

_PURPOSES: Final[dict[str, tuple[str, str]]] = {
    "BIORCH": ("biomedical research", "生物醫學研究"),
    "BTG": ("breaking the glass in an emergency", "緊急破例調閱"),
    "CAREMGT": ("care management and its analysis", "照護管理與分析"),
    "CLINTRCH": ("clinical trial research", "臨床試驗研究"),
    "CLINTRCHNPC": ("clinical trial research without patient care", "不含病人照護的臨床試驗研究"),
    "CLINTRCHPC": ("clinical trial research with patient care", "含病人照護的臨床試驗研究"),
    "CLINTRL": ("treatment within a clinical trial", "臨床試驗中的治療"),
    "CLMATTCH": ("evidence for a claim", "理賠佐證資料"),
    "COC": ("coordination of care", "照護協調"),
    "COVAUTH": ("authorisation of coverage", "給付事前審查"),
    "COVERAGE": ("coverage under a policy or programme", "保險或計畫的給付"),
    "DISASTER": ("care in a disaster", "災害醫療應變"),
    "DONAT": ("organ, eye or tissue donation", "器官、眼角膜或組織捐贈"),
    "DSRCH": ("research on a specific disease", "特定疾病研究"),
    "ELIGDTRM": ("determination of eligibility", "給付資格認定"),
    "ELIGVER": ("verification of eligibility", "給付資格查核"),
    "ENROLLM": ("enrolment in a policy or programme", "投保或加入計畫"),
    "ERTREAT": ("treatment in an emergency room", "急診治療"),
    "ETREAT": ("emergency treatment", "緊急治療"),
    "FAMRQT": ("request of the family", "家屬申請"),
    "FRAUD": ("detection and prevention of fraud", "詐欺偵測與防制"),
    "GOV": ("government processes", "政府作業"),
    "HACCRED": ("health accreditation", "醫療評鑑"),
    "HCOMPL": ("health compliance", "醫療法規遵循"),
    "HDECD": ("affairs of a deceased patient", "亡故病人事務"),
    "HDIRECT": ("patient directory", "病人名冊管理"),
    "HDM": ("management of healthcare delivery", "醫療服務管理"),
    "HLEGAL": ("legal proceedings", "法律程序"),
    "HMARKT": ("healthcare marketing", "醫療行銷"),
    "HOPERAT": ("healthcare operations", "醫療營運"),
    "HOUTCOMS": ("measurement of health outcomes", "健康成果評量"),
    "HPAYMT": ("healthcare payment", "醫療費用支付"),
    "HPRGRP": ("reporting of a health programme", "健康計畫申報"),
    "HQUALIMP": ("improvement of healthcare quality", "醫療品質提升"),
    "HRESCH": ("healthcare research", "健康醫療研究"),
    "HSYSADMIN": ("administration of health systems", "醫療資訊系統管理"),
    "HTEST": ("testing with made-up health data", "以模擬健康資料測試"),
    "LABELING": ("labelling of data", "資料標示"),
    "MEMADMIN": ("administration of the insured", "保險對象管理"),
    "METAMGT": ("management of metadata", "詮釋資料管理"),
    "MILCDM": ("military command", "軍事指揮"),
    "MILDCRG": ("discharge from the military", "軍人退伍"),
    "MLTRAINING": ("training of machine learning models", "機器學習模型訓練"),
    "PATADMIN": ("patient administration", "病人行政作業"),
    "PATRQT": ("request of the patient", "病人申請"),
    "PATSFTY": ("patient safety", "病人安全"),
    "PERFMSR": ("measurement of performance", "績效評量"),
    "PMTDS": ("payment decisions assisted by algorithms", "演算法輔助的支付決定"),
    "POARCH": ("research on population origins or ancestry", "族群起源或祖源研究"),
    "POPHLTH": ("health care of a population", "族群健康照護"),
    "PRECLINTRCH": ("preclinical trial research", "臨床前試驗研究"),
    "PUBHLTH": ("public health", "公共衛生"),
    "PWATRNY": ("request of a legal representative", "法定或委任代理人申請"),
    "RECORDMGT": ("management of health records", "病歷管理"),
    "REMITADV": ("advice of payment", "付款通知"),
    "SUPNWK": ("request of a person the patient trusts", "病人授權之支持者申請"),
    "SYSDEV": ("development of health systems", "醫療資訊系統開發"),
    "THREAT": ("prevention of violence", "暴力威脅防範"),
    "TRAIN": ("training and education", "教育訓練"),
    "TRANSRCH": ("translational research", "轉譯醫學研究"),
    "TREAT": ("treatment", "治療"),
    "TREATDS": ("treatment decisions assisted by algorithms", "演算法輔助的治療決定"),
}

_CATEGORIES: Final[dict[Category, tuple[str, str]]] = {
    Category.EMERGENCY_SUMMARY: ("emergency summary", "緊急醫療摘要"),
    Category.DEMOGRAPHICS: ("demographics", "基本資料"),
    Category.ENCOUNTERS: ("encounters", "就醫紀錄"),
    Category.PROBLEMS: ("problems and diagnoses", "健康問題與診斷"),
    Category.ALLERGIES: ("allergies", "過敏史"),
    Category.MEDICATIONS: ("medications", "用藥紀錄"),
    Category.IMMUNISATIONS: ("immunisations", "預防接種紀錄"),
    Category.LABORATORY: ("laboratory results", "檢驗報告"),
    Category.PATHOLOGY: ("pathology", "病理報告"),
    Category.VITAL_SIGNS: ("vital signs", "生命徵象"),
    Category.IMAGING: ("imaging", "醫療影像與檢查報告"),
    Category.PROCEDURES: ("procedures", "手術與處置"),
    Category.NOTES: ("clinical notes", "病程與臨床紀錄"),
    Category.CARE_PLANS: ("care plans", "照護計畫"),
    Category.FAMILY_AND_SOCIAL_HISTORY: ("family and social history", "家族史與社會史"),
    Category.DEVICES: ("devices", "醫療器材"),
    Category.COVERAGE_AND_CLAIMS: ("coverage and claims", "保險與理賠"),
    Category.UNLABELLED: ("unlabelled (restricted)", "未分類資料（限閱）"),
    Category.MENTAL_HEALTH: ("mental health", "心理健康與精神醫療"),
    Category.SUBSTANCE_USE: ("substance use", "物質使用與成癮"),
    Category.SEXUAL_AND_REPRODUCTIVE_HEALTH: ("sexual and reproductive health", "性與生殖健康"),
    Category.HIV: ("HIV", "愛滋病毒（HIV）"),
    Category.GENETICS: ("genetics", "基因資料"),
    Category.VIOLENCE: ("violence", "暴力與受虐"),
}

_FOLDER: Final = ("folder {number}", "資料夾 {number}")

_ACTIONS: Final[dict[Action, tuple[str, str]]] = {
    Action.READ: ("read", "閱覽"),
    Action.WRITE: ("write new documents into my record", "將新文件寫入我的病歷"),
    Action.EXPORT: ("export (keep copies in their own systems)", "匯出（在其自有系統中保存複本）"),
    Action.DEIDENTIFIED: ("de-identified use", "去識別化利用"),
    Action.AGGREGATE: ("aggregate use (totals only)", "彙總利用（僅統計數值）"),
}

_REASONS: Final[dict[Reason, tuple[str, str]]] = {
    Reason.PERMITTED: ("The consent permits this.", "此同意書允許此項存取。"),
    Reason.NEVER: ("This consent was never granted.", "此同意書從未授予。"),
    Reason.REVOKED: ("This consent was revoked.", "此同意書已撤回。"),
    Reason.LOCKED: ("The patient locked everything signed until then.", "病人已鎖定在此之前簽署的所有同意書。"),
    Reason.EARLY: ("This consent has not begun yet.", "此同意書尚未生效。"),
    Reason.ENDED: ("This consent has ended.", "此同意書已到期。"),
    Reason.SLOT: ("This consent does not cover that part of the record.", "此同意書不包含該部分病歷。"),
    Reason.PURPOSE: ("This consent does not permit that purpose.", "此同意書不允許該項目的。"),
    Reason.ACTION: ("This consent does not permit that action.", "此同意書不允許該項行為。"),
    Reason.GRANTEE_SUSPENDED: (
        "Whom the patient consented to is suspended or not accredited.",
        "被授權者已遭停權或未經認可。",
    ),
    Reason.NOT_ACCESSOR: (
        "The one who asks does not act for whom the patient consented to.",
        "存取者並非代表被授權者。",
    ),
    Reason.ACCESSOR_SUSPENDED: ("The one who asks is suspended.", "存取者已遭停權。"),
}


def purpose_name(code: str, language: str) -> str:
    """Return the plain name of a purpose of use.

    Raises:
        UnknownPurpose, UnknownLanguage: No such code; no such language.
    """
    bit(code)
    return _PURPOSES[code][_index(language)]


def category_name(category: Category, language: str) -> str:
    """Return the name of a category, or of a folder by its number.

    Raises:
        UnknownLanguage: No such language.
    """
    if category.is_folder:
        return _FOLDER[_index(language)].format(number=int(category))
    return _CATEGORIES[category][_index(language)]


def action_name(action: Action, language: str) -> str:
    """Return the name of one single action.

    Raises:
        UnknownLanguage: No such language.
    """
    return _ACTIONS[action][_index(language)]


def reason_text(reason: Reason, language: str) -> str:
    """Return a sentence that says why the answer is yes or no.

    Raises:
        UnknownLanguage: No such language.
    """
    return _REASONS[reason][_index(language)]


def _index(language: str) -> int:
    if language not in LANGUAGES:
        raise UnknownLanguage(language=language)
    return LANGUAGES.index(language)
