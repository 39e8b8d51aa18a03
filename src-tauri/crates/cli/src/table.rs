//! Columns on a terminal, by what a character takes there. Cells are made safe here, whoever wrote them.

use slipway_api::sentence::printable;
use unicode_width::UnicodeWidthStr;

#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn head<const N: usize>(names: [&str; N]) -> Self {
        let mut table = Self::default();
        table.row(names.map(ToOwned::to_owned));
        table
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows
            .push(cells.iter().map(|cell| printable(cell)).collect());
    }

    /// Lines without white space at their ends; the last column is as long as it is.
    pub(crate) fn lines(&self) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|i| {
                self.rows
                    .iter()
                    .filter_map(|row| row.get(i))
                    .map(|cell| cell.width())
                    .max()
            })
            .map(Option::unwrap_or_default)
            .collect();
        let line = |row: &Vec<String>| {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line += cell;
                line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
            }
            line.trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_whatever_the_script() {
        let mut table = Table::head(["id", "file", "note"]);
        table.row(["1".into(), "旅行.mp4".into(), "a".into()]);
        table.row(["22".into(), "a\nb.mp4".into(), String::new()]);
        assert_eq!(
            table.lines(),
            ["id  file      note", "1   旅行.mp4  a", "22  a\\nb.mp4"]
        );
    }
}
