# Match a table by MatchIt: Rscript matchit.R TABLE.csv ROWS.csv score|mahalanobis|matrix.
# `matrix` is with replacement and without a caliper, by all distances of scores.
# Says, as JSON, seconds, pairs and the effect; writes every row's score, and its control or 0.
suppressMessages(library(MatchIt))
words <- commandArgs(trailingOnly = TRUE)
table <- read.csv(words[1])
rownames(table) <- seq_len(nrow(table))
names <- setdiff(colnames(table), c("treated", "outcome"))
formula <- reformulate(names, "treated")
begun <- proc.time()[["elapsed"]]
if (words[3] == "matrix") {
  score <- predict(glm(formula, data = table, family = binomial))
  treated <- table$treated == 1
  fit <- matchit(formula, data = table, method = "nearest", replace = TRUE,
                 distance = abs(outer(score[treated], score[!treated], "-")))
} else {
  more <- if (words[3] == "mahalanobis") list(mahvars = reformulate(names)) else list()
  fit <- do.call(matchit, c(list(formula, data = table, method = "nearest", distance = "glm",
                                 link = "linear.logit", caliper = 0.2), more))
  score <- fit$distance
}
seconds <- proc.time()[["elapsed"]] - begun
found <- fit$match.matrix[, 1]
treated <- as.integer(rownames(fit$match.matrix))[!is.na(found)]
control <- as.integer(found[!is.na(found)])
rows <- data.frame(score = score, control = 0)
rows$control[treated] <- control
write.csv(rows, words[2], row.names = FALSE)
cat(sprintf('{"seconds": %.6f, "pairs": %d, "apart": %.9f, "effect": %.9f, "version": "%s on R %s"}\n',
            seconds, length(treated), sum(abs(score[treated] - score[control])),
            mean(table$outcome[treated] - table$outcome[control]),
            packageVersion("MatchIt"), getRversion()))
