module mystrategy

go 1.26
