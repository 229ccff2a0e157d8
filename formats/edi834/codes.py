"""Code lists of guide 005010X220A1 that the writer and the checker hold values to.

Facts from the open element map of the guide; data elements 1069, 875, 1203, 1216, 584, 1205, 1207, 1067, 156.
"""

# IK304 and IK403 (AK304, AK403) of acknowledgements, said by the partner about what we sent.
SEGMENT_FAULTS = {
    "1": "a segment it does not know",
    "2": "a segment it does not expect here",
    "3": "a required segment is missing",
    "4": "its loop comes too often",
    "5": "the segment comes too often",
    "6": "no segment of this set",
    "7": "out of order",
    "8": "wrong elements",
}
ELEMENT_FAULTS = {
    "1": "a required value is missing",
    "2": "a value that another one asks for is missing",
    "3": "too many elements",
    "4": "too short",
    "5": "too long",
    "6": "a character it does not take",
    "7": "a code it does not know",
    "8": "no date",
    "9": "no time",
    "10": "a value that another one excludes",
}

RELATIONSHIPS = (
    "01", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18",
    "19", "23", "24", "25", "26", "31", "38", "53", "60", "D2", "G8", "G9",
)  # fmt: skip
SPOUSES = ("01", "53")  # spouse, life partner: one per family
CHILDREN = ("05", "07", "09", "10", "17", "19", "23", "24")  # children of all kinds, by birth, law or marriage
MEMBER_MAINTENANCE = ("001", "021", "024", "025", "030")
COVERAGE_MAINTENANCE = ("001", "002", "021", "024", "025", "026", "030", "032")
ENDED = ("024", "002")  # cancelled, deleted
COVERING = ("021", "025", "030")  # added, reinstated, audited: something must be covered
REASONS = (
    "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "14", "15", "16", "17", "18", "20",
    "21", "22", "25", "26", "27", "28", "29", "31", "32", "33", "37", "38", "39", "40", "41", "43", "59",
    "AA", "AB", "AC", "AD", "AE", "AF", "AG", "AH", "AI", "AJ", "AL", "EC", "XN", "XT",
)  # fmt: skip
BENEFIT_STATUS = ("A", "C", "S", "T")
EMPLOYMENT_STATUS = ("AC", "AO", "AU", "FT", "L1", "PT", "RT", "TE")
GENDERS = ("F", "M", "U")
MARITAL_STATUS = ("B", "D", "I", "M", "R", "S", "U", "W", "X")
# In the order in which a member's coverages are written: medical, dental, vision, the rest.
LINES = (
    "HLT", "HMO", "PPO", "POS", "EPO", "MM", "DEN", "DCP", "VIS", "PDG", "AG", "AH", "AJ", "AK", "FAC",
    "HE", "LTC", "LTD", "MOD", "PRA", "STD", "UR",
)  # fmt: skip
TIERS = (
    "EMP", "ESP", "ECH", "FAM", "IND", "CHD", "DEP", "E1D", "E2D", "E3D", "E5D", "E6D", "E7D", "E8D", "E9D",
    "SPC", "SPO", "TWO",
)  # fmt: skip
ALONE_TIERS = ("EMP", "IND")
TIERS_WITH_DEPENDENTS = ("ESP", "ECH", "FAM", "TWO", "E1D", "E2D", "E3D", "E5D", "E6D", "E7D", "E8D", "E9D")
STATES = (
    "AA", "AB", "AE", "AK", "AL", "AP", "AR", "AS", "AZ", "BC", "CA", "CO", "CT", "DC", "DE", "FL", "FM",
    "GA", "GU", "HI", "IA", "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MB", "MD", "ME", "MH", "MI", "MN",
    "MO", "MP", "MS", "MT", "NB", "NC", "ND", "NE", "NF", "NH", "NJ", "NM", "NS", "NT", "NV", "NY", "OH",
    "OK", "ON", "OR", "PA", "PE", "PQ", "PR", "RI", "SC", "SD", "SK", "TN", "TX", "UT", "VA", "VI", "VT",
    "WA", "WI", "WV", "WY", "YT",
)  # fmt: skip
PROVINCES = (
    "AB", "BC", "MB", "NB", "NF", "NS", "NT", "ON", "PE", "PQ", "SK", "YT",
)  # fmt: skip
# As the map has them; a partner's `deviations` add what the world has since named.
COUNTRIES = (
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AN", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AZ", "BA", "BB",
    "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BM", "BN", "BO", "BR", "BS", "BT", "BV", "BW", "BY", "BZ", "CA",
    "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CX", "CY", "CZ", "DE",
    "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR",
    "GA", "GB", "GD", "GE", "GF", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY",
    "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IN", "IO", "IQ", "IR", "IS", "IT", "JM", "JO", "JP",
    "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS",
    "LT", "LU", "LV", "LY", "MA", "MC", "MD", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS",
    "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU",
    "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE",
    "RO", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR",
    "ST", "SV", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TM", "TN", "TO", "TP", "TR", "TT", "TV",
    "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "YE",
    "YT", "YU", "ZA", "ZM", "ZW",
)  # fmt: skip
MEDICARE_PLANS = ("A", "B", "C", "D", "E")
MEDICARE_REASONS = ("0", "1", "2")
COBRA_EVENTS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "ZZ")
STUDENT_STATUS = ("F", "N", "P")
YES_NO = ("N", "Y")
CONFIDENTIALITY = ("R", "U")
CITIZENSHIP = ("1", "2", "3", "4", "5", "6", "7")
INCOME_FREQUENCIES = ("1", "2", "3", "4", "6", "7", "8", "9", "B", "C", "H", "Q", "S", "U")
HEALTH_CODES = ("N", "S", "T", "U", "X")
EMPLOYMENT_CLASSES = (
    "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "17", "18", "19", "20", "21", "22", "23",
)  # fmt: skip
NUMBER_KINDS = ("AP", "BN", "CP", "EM", "EX", "FX", "HP", "TE", "WP")
EMPLOYER_NUMBERS = ("AP", "BN", "CP", "EM", "EX", "FX", "TE")
SCHOOL_NUMBERS = ("EM", "EX", "FX", "TE")
MEMBER_REFERENCES = ("17", "23", "3H", "4A", "6O", "ABB", "D3", "DX", "F6", "P5", "Q4", "QQ", "ZZ")
COVERAGE_REFERENCES = ("17", "9V", "CE", "E8", "M7", "PID", "QQ", "RB", "X9", "XM", "XX1", "XX2", "ZX", "ZZ")
MEMBER_DATES = (
    "050", "286", "296", "297", "300", "301", "303", "336", "337", "338", "339", "340", "341", "350", "351", "383",
    "385", "386", "393", "394", "473", "474",
)  # fmt: skip
COVERAGE_DATES = ("300", "303", "343", "543", "695")
AMOUNTS = ("B9", "C1", "D2", "EBA", "FK", "P3", "R")
RESPONSIBLE = ("6Y", "9K", "E1", "EI", "EXS", "GB", "GD", "J6", "LR", "QD", "S1", "TZ", "X4")
NAME_ROLES = ("70", "31", "36", "M8", "S3", "45", *RESPONSIBLE)
PROVIDER_ROLES = ("1X", "3D", "80", "FA", "OD", "P3", "QA", "QN", "Y2")
CHANGE_REASONS = ("14", "22", "46", "AA", "AB", "AC", "AD", "AE", "AF", "AG", "AH", "AI", "AJ")
SERVICE_TYPES = ("1", "35", "48", "50", "54", "89", "90", "A4", "AG", "AL", "BB")
REPORTING_REFERENCES = (
    "00", "17", "18", "19", "26", "3L", "6M", "9V", "9X", "GE", "LU", "PID", "XX1", "XX2", "YY", "ZZ",
)  # fmt: skip
# What guide 004010X095A1 has of the lists above, where it has less.
OLD: dict[str, tuple[str, ...]] = {
    "relationship": (
        "01", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "17", "18", "19", "23",
        "24", "25", "26", "31", "32", "33", "38", "48", "49", "53",
    ),
    "maintenance_reason": (*(r for r in REASONS if r.isdigit() and r != "59"), "AI", "XN", "XT"),
    "employment_status": ("AO", "AU", "FT", "L1", "PT", "RT", "TE"),
    "cobra_event": ("1", "2", "3", "4", "5", "6", "7", "8"),
    "member_reference": ("17", "23", "3H", "6O", "DX", "F6", "Q4", "QQ", "ZZ"),
    "coverage_reference": ("17", "ZZ"),
    "member_date": tuple(d for d in MEMBER_DATES if d not in ("050", "385", "386")),
    "coverage_date": ("303", "543"),
    "amount": ("B9", "C1", "D2", "P3"),
    "role": ("70", "31", "36", "M8", "S3", "E1", "EI", "EXS", "GD", "J6", "QD"),
    "language_use": ("5", "7", "8"),
    "insurer_role": ("IN",),
    "provider_role": ("3D", "OD", "P3", "QA", "QN", "Y2"),
}  # fmt: skip
OLD_EXTRAS = (
    "references", "dates", "amounts", "languages", "names", "disabilities", "cards", "providers", "other_insurance",
    "insurers",
)  # fmt: skip
