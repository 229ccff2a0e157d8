"""Code lists of guide 005010X220A1 that the writer and the checker hold values to.

Facts from the open element map of the guide; data elements 1069, 875, 1203, 1216, 584, 1205, 1207, 1067, 156.
"""

RELATIONSHIPS = (
    "01", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18",
    "19", "23", "24", "25", "26", "31", "38", "53", "60", "D2", "G8", "G9",
)  # fmt: skip
SPOUSES = ("01", "53")  # spouse, life partner: one per family
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
