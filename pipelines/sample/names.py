"""Words that invented people and places are put together from. Nobody is meant."""

FEMALE = (
    *("Ada", "Amira", "Bea", "Carmen", "Chloé", "Dalia", "Edith", "Elena", "Fiona", "Greta", "Hana", "Ines"),
    *("Iris", "Jana", "Joëlle", "Kira", "Lena", "Lucía", "Maren", "Mila", "Nadia", "Noor", "Olga", "Petra"),
    *("Renée", "Rosa", "Salma", "Selma", "Tessa", "Uma", "Vera", "Wanda", "Yara", "Zoë"),
)
MALE = (
    *("Abel", "Amos", "Ángel", "Boris", "Cyrus", "Dario", "Emil", "Felix", "Gael", "Hugo", "Idris", "Ivo"),
    *("Jonas", "José", "Karl", "Leon", "Luca", "Malik", "Marek", "Nils", "Omar", "Otto", "Paul", "Quentin"),
    *("Rafael", "René", "Samir", "Søren", "Tariq", "Theo", "Ulf", "Viktor", "Wim", "Yusuf"),
)
LAST = (
    *("Abendroth", "Achterberg", "Almquist", "Barrowby", "Bellweather", "Birkland", "Brightwater", "Castellan"),
    *("Coldharbor", "Cortázar", "Dawlish", "Delacour", "Dunmore", "Eastlake", "Ellingsworth", "Fairweather"),
    *("Fernhill", "Galloway", "Glassford", "Greenhalgh", "Hallowell", "Harrowgate", "Holmström", "Ibarra"),
    *("Inglewood", "Jarnefelt", "Kestrel", "Kingfisher", "Lindqvist", "Longmire", "Lovelace-Ortiz", "Marchetti"),
    *("Mayweather", "Merriweather", "Muñoz", "Nightingale", "Northcote", "O'Dell", "Oakhurst", "Okonjo", "Pemberley"),
    *("Quillfeather", "Ravensworth", "Rosendahl", "Saltmarsh", "Sandoval", "Silverthorne", "Stonebridge"),
    *("Tanglewood", "Thistlewood", "Underhill", "Vandermeer", "Vasquez", "Wainwright", "Westerfeld", "Whitlock"),
    *("Winterbourne", "Yarborough", "Zeller", "Żukowski"),
)
STREETS = (
    *("Mill Lane", "Harbor St", "Orchard Rd", "Chapel Hill", "Quarry Rd", "Ferry St", "Birch Ave", "Granite St"),
    *("Lantern Way", "Meadow Ln", "Pier Rd", "Rope Walk", "Spindle Ct", "Tannery Row", "Upper Falls Rd", "Weir St"),
)
# city, state, first three digits of the ZIP code, telephone area
CITIES = (
    *(("Portland", "ME", "041", "207"), ("Bangor", "ME", "044", "207"), ("Concord", "NH", "033", "603")),
    *(("Burlington", "VT", "054", "802"), ("Worcester", "MA", "016", "508"), ("Lowell", "MA", "018", "978")),
    *(("Providence", "RI", "029", "401"), ("Hartford", "CT", "061", "860"), ("Albany", "NY", "122", "518")),
    *(("Utica", "NY", "135", "315"), ("Scranton", "PA", "185", "570"), ("Erie", "PA", "165", "814")),
    *(("Akron", "OH", "443", "330"), ("Toledo", "OH", "436", "419"), ("Raleigh", "NC", "276", "919")),
    *(("Macon", "GA", "312", "478"), ("Mobile", "AL", "366", "251"), ("Waco", "TX", "767", "254")),
)
