"""A year's notice as an admin writes it, for the tests of the calendar of China."""

NOTICE = """
year = 2027
source = "a notice written for this test"

[[holiday]]
name = "元旦"
name_en = "New Year's Day"
from = 2027-01-01
to = 2027-01-03

[[holiday]]
name = "春节"
from = 2027-02-05
to = 2027-02-11
makeup = [2027-01-31, 2027-02-20]

[[holiday]]
name = "清明节"
from = 2027-04-05

[[holiday]]
name = "劳动节"
from = 2027-05-01
to = 2027-05-05
makeup = [2027-05-08]

[[holiday]]
name = "端午节"
from = 2027-06-09

[[holiday]]
name = "中秋节"
from = 2027-09-15

[[holiday]]
name = "国庆节"
from = 2027-10-01
to = 2027-10-07
makeup = [2027-09-26, 2027-10-09]
"""
