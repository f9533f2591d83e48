# After MLServer's scikit-learn example: digits, kept with joblib.
import joblib
from sklearn import datasets, svm
from sklearn.model_selection import train_test_split

digits = datasets.load_digits()
data = digits.images.reshape((len(digits.images), -1))
train, test, wanted, rest = train_test_split(data, digits.target, test_size=0.5, shuffle=False)

classifier = svm.SVC(gamma=0.001)
classifier.fit(train, wanted)
joblib.dump(classifier, "mnist-svm.joblib")
