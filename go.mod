module github.com/mainstay-dev/mainstay

go 1.26
