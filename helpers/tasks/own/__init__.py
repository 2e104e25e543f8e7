"""A reader's own task: files of any usual kind are read, checked, cleaned and split; nothing is lost without a word.

opened gets bytes and text; kinds has tables, by_line, records (by shapes), yamls, pages or workbooks get rows; headers,
columns and marks say what they mean, cleaning and wordings what is wrong with them, splits what is learned from and
what is tested; rows tells ragged ones and comments; folders and documents read folders. reading puts it together.
"""
